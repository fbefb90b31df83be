"""concurlint: true findings about threads, processes, coroutines and subprocesses in Python code."""

__version__ = "0.1.0"
