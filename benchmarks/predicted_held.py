"""Work on which no verdict was tuned, done today's way and the way suggested: `predicted_held.py NAME now|then|both`.

`both` does it either way and compares the answers.
"""

import functools
import sys
from collections.abc import Callable

import held_files
import held_numbers
import held_waiting

Way = Callable[[], object]
CASES: dict[str, tuple[str, Way, Way]] = {
    "log-threads": ("CCL901", held_files.logs_in_threads, held_files.logs_in_processes),
    "json-queue": ("CCL901", held_files.orders_by_threads, held_files.orders_by_processes),
    "pages-in-loop": ("CCL902", held_waiting.pages_one_by_one, held_waiting.pages_together),
    "commit-per-row": (
        "CCL902",
        functools.partial(held_files.rows_stored, each=True),
        functools.partial(held_files.rows_stored, each=False),
    ),
    "files-compressed": ("CCL903", held_files.packed_one_by_one, held_files.packed_in_threads),
    "pandas-apply": ("CCL903", held_numbers.applied, held_numbers.applied_in_processes),
    "array-elements": ("CCL904", held_numbers.smoothed_by_element, held_numbers.smoothed_by_array),
    "pairs-of-points": ("CCL904", held_numbers.near_by_pair, held_numbers.near_by_matrix),
    "gzip-in-loop": ("CCL905", held_files.commands_one_by_one, held_files.commands_together),
    "blocking-client": ("CCL909", held_waiting.gathered, functools.partial(held_waiting.gathered, threads=True)),
    "tiny-tasks": ("CCL910", held_numbers.primes, functools.partial(held_numbers.primes, chunk=500)),
    "apply-in-loop": ("CCL910", held_numbers.chains_in_turn, held_numbers.chains_mapped),
    "few-connections": ("CCL915", held_waiting.records, functools.partial(held_waiting.records, connections=10)),
    "blas-workers": ("CCL916", held_numbers.balances, functools.partial(held_numbers.balances, bounded=True)),
    "results-polled": (
        "CCL917",
        functools.partial(held_waiting.chained, polled=True),
        functools.partial(held_waiting.chained, polled=False),
    ),
}


def compare(name: str) -> None:
    """Do it either way; what is answered has to agree."""
    _, now, then = CASES[name]
    one, other = now(), then()
    if one != other:
        raise SystemExit(f"{name}: {one} is not {other}")


if __name__ == "__main__":
    if sys.argv[2] == "both":
        compare(sys.argv[1])
    else:
        _, now, then = CASES[sys.argv[1]]
        now() if sys.argv[2] == "now" else then()
