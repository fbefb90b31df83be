"""How long code computes with the GIL held."""
