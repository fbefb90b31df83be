"""Facts about library names, kept as tables: what calls do, and what classes and functions are."""
