"""The map of a program: what runs where, what it shares under which locks, and what may block its loops."""
