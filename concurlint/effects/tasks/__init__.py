"""Coroutines, tasks and the event loops they run on."""
