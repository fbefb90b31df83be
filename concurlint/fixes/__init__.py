"""Findings mended in the text their authors wrote, where that surely does what the code is meant to do."""
