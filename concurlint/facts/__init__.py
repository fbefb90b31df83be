"""What one file says, as plain records."""
