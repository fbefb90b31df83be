"""A map of a program as text, JSON and one HTML page."""
