"""A running Python program, measured: thread states and stacks, joined into a Profile; what it predicts."""
