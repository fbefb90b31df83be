"""Commands of the operating system that are started."""
