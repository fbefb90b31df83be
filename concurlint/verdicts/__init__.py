"""Questions put to a Profile: one module per verdict."""
