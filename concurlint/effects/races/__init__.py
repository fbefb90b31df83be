"""Which accesses to shared state may race."""
