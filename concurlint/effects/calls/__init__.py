"""What is passed, reached and known between functions."""
