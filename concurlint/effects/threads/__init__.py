"""Threads and executors: how they start, what they run, what becomes of them."""
