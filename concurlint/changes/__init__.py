"""A verdict's remedy as a change of the program's own text that means the same."""
