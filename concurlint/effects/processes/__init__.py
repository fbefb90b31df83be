"""What is handed to other processes, and what they inherit."""
