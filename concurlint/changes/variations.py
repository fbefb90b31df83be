"""The choices within a change that are worth trying: kinds of executors, workers, chunks, intervals, widths."""

from collections.abc import Iterator

from concurlint.changes.request import Options

_PROCESSES, _THREADS = "ProcessPoolExecutor", "ThreadPoolExecutor"
_WAITERS = (4, 16, 64)
"""Threads, or coroutines, that wait at once: the far side bears some number that nobody knows."""
_CHUNKS = (8, 64)
_INTERVALS = (0.0001, 0.002)
_MOST_WORKERS = 16


def variations(code: str, instead: str, cores: int) -> Iterator[tuple[str, Options]]:
    """What is other than in the verdict's own change, in words and as options."""
    processes = code in ("CCL901", "CCL903") and "Thread" not in instead
    if code in ("CCL901", "CCL903"):
        executor = _PROCESSES if processes else _THREADS
        for workers in _counts(cores):
            yield f"{executor}({workers})", Options(workers=workers)
    if code == "CCL903":
        other = _THREADS if processes else _PROCESSES
        yield f"{other}()", Options(executor=other)
    if code == "CCL903" and processes:
        for chunksize in _CHUNKS:
            yield f"chunksize={chunksize}", Options(chunksize=chunksize)
    if code == "CCL902":
        for count in _WAITERS:
            yield f"{count} at once", Options(workers=count, width=count)
    if code == "CCL905":
        for workers in (2, 2 * cores):
            yield f"{workers} at once", Options(workers=workers)
    if code == "CCL907":
        for interval in _INTERVALS:
            yield f"switch interval {interval * 1000:g} ms", Options(interval=interval)


def _counts(cores: int) -> list[int]:
    """From one worker to as many as there are cores, each twice as many as before."""
    counts, workers = [], 1
    while workers < min(cores, _MOST_WORKERS):
        counts.append(workers)
        workers *= 2
    return [*counts, min(cores, _MOST_WORKERS)]
