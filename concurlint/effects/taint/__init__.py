"""Which parts of a string come from where, and may be harmful in a shell."""
