"""Loops over the rows of frames, and the column operations that replace them."""
