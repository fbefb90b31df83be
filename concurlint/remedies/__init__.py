"""Remedies in the words of the program: the line that would mend it."""
