"""Loops in Python over what a library does at once."""
