"""Equal rows once: DNS repeats itself, so a model that answers each distinct row answers all of them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def distinct(values: Floats) -> tuple[Indices, Indices]:
    """Where each distinct row of an (n, d) array is first met, and for every row which distinct row it is.

    `values[first][inverse]` equals `values`. Columns are joined one by one by hashing, which is exact and
    takes no sort of whole rows.
    """
    codes = np.zeros(len(values), dtype=np.int64)
    for column in np.ascontiguousarray(values.T):
        of_column, uniques = pd.factorize(column)
        codes, _ = pd.factorize(codes * max(len(uniques), 1) + of_column)
    inverse = codes.astype(np.intp)
    first = np.full(int(inverse.max(initial=-1)) + 1, -1, dtype=np.intp)
    first[inverse[::-1]] = np.arange(len(values))[::-1]
    return first, inverse


def in_parts(answer: Callable[[Floats], Floats], values: Floats, least: int = 2_000) -> Floats:
    """`answer` of rows, computed in one part a processor; equal to the answer in one go.

    Neighbour search and matrix products leave Python's lock, so threads are enough; a product's own threads
    would only wait for each other.
    """
    parts = max(1, min(os.cpu_count() or 1, len(values) // least))
    if parts == 1:
        return answer(values)
    with threadpool_limits(1), ThreadPoolExecutor(parts) as pool:
        return np.concatenate(list(pool.map(answer, np.array_split(values, parts))))
