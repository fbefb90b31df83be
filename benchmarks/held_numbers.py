"""Held-back work on numbers: frames, arrays, pools of small and of large tasks."""

import math
import multiprocessing
import os
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from typing import Any

FORK = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()
CORES = os.cpu_count() or 1


# Rows of a data frame.


def places(rows: int) -> Any:
    """Where somebody was, and where next."""
    import numpy as np
    import pandas as pd

    made = np.random.default_rng(2)
    columns = {name: made.uniform(-60, 60, rows) for name in ("lat", "lon", "next_lat", "next_lon")}
    return pd.DataFrame(columns | {"mode": made.choice(["bus", "train", "foot"], rows)})


def way(row: Any) -> float:
    """Kilometres over the globe, by bus a little more."""
    lat, lon, other_lat, other_lon = map(math.radians, (row["lat"], row["lon"], row["next_lat"], row["next_lon"]))
    half = math.sin((other_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    straight = 12_742 * math.asin(math.sqrt(half))
    return straight * 1.3 if row["mode"] == "bus" else straight


def ways(frame: Any) -> Any:
    """Of all rows."""
    return frame.apply(way, axis=1)


def applied(rows: int = 110_000) -> list[float]:
    """To the whole frame."""
    return list(ways(places(rows)))


def applied_in_processes(rows: int = 110_000) -> list[float]:
    """To a few parts of the frame for each core."""
    import pandas as pd

    frame = places(rows)
    parts = [frame.iloc[at : at + rows // (4 * CORES) + 1] for at in range(0, rows, rows // (4 * CORES) + 1)]
    with ProcessPoolExecutor(CORES, FORK) as pool:
        return list(pd.concat(pool.map(ways, parts)))


# Elements of an array.


def readings(count: int) -> Any:
    """Of an instrument."""
    import numpy as np

    return np.random.default_rng(4).standard_normal(count)


def written(smooth: Any) -> list[float]:
    """A few of them, after many went to a file."""
    import numpy as np

    with tempfile.TemporaryFile() as file:
        np.savetxt(file, smooth[:200_000], fmt="%.6f")
    return [round(float(value), 9) for value in (smooth.sum(), *smooth[:100])]


def smoothed_by_element(count: int = 3_500_000) -> list[float]:
    """The mean of three readings, large ones cut."""
    import numpy as np

    raw = readings(count)
    smooth = np.zeros(count)
    for i in range(1, count - 1):
        mean = (raw[i - 1] + raw[i] + raw[i + 1]) / 3
        if mean > 1.0:
            mean = 1.0
        smooth[i] = mean
    return written(smooth)


def smoothed_by_array(count: int = 3_500_000) -> list[float]:
    """All at once."""
    import numpy as np

    raw = readings(count)
    smooth = np.zeros(count)
    smooth[1:-1] = np.minimum((raw[:-2] + raw[1:-1] + raw[2:]) / 3, 1.0)
    return written(smooth)


# Pairs of points.


def points(count: int) -> tuple[list[float], list[float]]:
    """On a square."""
    made = random.Random(9)
    return [made.random() for _ in range(count)], [made.random() for _ in range(count)]


def near_by_pair(count: int = 3200, radius: float = 0.05) -> int:
    """How many pairs are near each other, each looked at."""
    xs, ys = points(count)
    near = 0
    for i in range(count):
        for j in range(count):
            if (xs[i] - xs[j]) ** 2 + (ys[i] - ys[j]) ** 2 < radius * radius:
                near += 1
    return near


def near_by_matrix(count: int = 3200, radius: float = 0.05) -> int:
    """All distances in one matrix."""
    import numpy as np

    xs, ys = map(np.array, points(count))
    squares = (xs[:, None] - xs) ** 2 + (ys[:, None] - ys) ** 2
    return int((squares < radius * radius).sum())


# Thousands of small tasks.


def is_prime(number: int) -> bool:
    """By division."""
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


def primes(count: int = 60_000, *, chunk: int = 1) -> int:
    """Counted by a pool that is handed so many numbers at once."""
    with FORK.Pool(CORES) as pool:
        return sum(pool.imap(is_prime, range(10_000_000, 10_000_000 + count), chunksize=chunk))


# Tasks of a pool, each waited for.


def collatz(first: int) -> int:
    """The longest chain of four thousand numbers."""
    longest = 0
    for number in range(first, first + 4000):
        length = 0
        while number != 1:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            length += 1
        longest = max(longest, length)
    return longest


def chains_in_turn(tasks: int = 60) -> list[int]:
    """`apply` waits for its result."""
    with FORK.Pool(CORES) as pool:
        return [pool.apply(collatz, (task * 4000 + 1,)) for task in range(tasks)]


def chains_mapped(tasks: int = 60) -> list[int]:
    """All handed out at once."""
    with FORK.Pool(CORES) as pool:
        return pool.map(collatz, [task * 4000 + 1 for task in range(tasks)], chunksize=1)


# Workers whose libraries have threads of their own.


def balance(seed: int) -> float:
    """Of a system of equations, solved."""
    import numpy as np

    system = np.random.default_rng(seed).standard_normal((700, 700))
    return round(float(np.linalg.solve(system, np.arange(700.0)).sum()), 4)


def balances(count: int = 50, *, bounded: bool = False) -> list[float]:
    """By four workers, each with as many threads as cores, or with one."""
    if bounded:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with FORK.Pool(4) as pool:
        return pool.map(balance, range(count), chunksize=1)
