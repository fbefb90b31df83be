"""Which locks are held where, and how they are used."""
