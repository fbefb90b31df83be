"""What may happen inside one function: its control flow and what follows from it."""
