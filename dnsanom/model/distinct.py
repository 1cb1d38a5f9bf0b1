"""Equal rows once: DNS repeats itself, so a model that answers each distinct row answers all of them."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
#: Codes of joined columns stay below this, so that they fit in 64 bits.
_MOST_CODES = 2**62


def distinct(values: Floats) -> tuple[Indices, Indices]:
    """Where each distinct row of an (n, d) array is first met, and for every row which distinct row it is.

    `values[first][inverse]` equals `values`. Columns are numbered by hashing, side by side, and the numbers
    joined into one that is hashed in turn: that is exact and takes no sort of whole rows.
    """
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        numbered = list(pool.map(pd.factorize, np.ascontiguousarray(values.T)))
    codes, size = np.zeros(len(values), dtype=np.int64), 1
    for column, uniques in numbered:
        if size * len(uniques) > _MOST_CODES:
            codes, seen = pd.factorize(codes)
            size = len(seen)
        codes, size = codes * len(uniques) + column, size * len(uniques)
    inverse = pd.factorize(codes)[0].astype(np.intp)
    first = np.full(int(inverse.max(initial=-1)) + 1, -1, dtype=np.intp)
    first[inverse[::-1]] = np.arange(len(values))[::-1]
    return first, inverse


def ordered(values: Floats) -> tuple[Indices, Indices]:
    """What `distinct` gives, with the distinct rows in ascending order, whatever the order of the rows."""
    first, inverse = distinct(values)
    order = np.lexsort(values[first].T[::-1])
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return first[order], rank[inverse]


def counted(X: Floats, y: NDArray[Any], weight: Floats) -> tuple[Floats, NDArray[Any], Floats]:
    """Distinct rows (p, d) in ascending order, the classes, and each class's weight in each row (p, classes).

    Rows of weight 0 are left out. The order of the rows given makes no difference but to sums of weights
    that are not whole numbers, in their last bits.
    """
    there = weight > 0
    X, y, weight = X[there], y[there], weight[there]
    classes, place = np.unique(y, return_inverse=True)
    first, inverse = ordered(X)
    cell = inverse * len(classes) + place
    counts: Floats = np.bincount(cell, weight, len(first) * len(classes)).astype(np.float64)
    return X[first], classes, counts.reshape(len(first), len(classes))


@dataclass(frozen=True)
class Cells:
    """Distinct pairs of a row and its class: rows (m, d), their classes (m,), their weights (m,)."""

    rows: Floats
    of: NDArray[Any]
    weight: Floats


def cells(X: Floats, y: NDArray[Any], weight: Floats) -> Cells:
    """The distinct pairs of rows (n, d) and their classes (n,), with summed weights, in ascending order."""
    points, classes, counts = counted(X, y, weight)
    row, place = np.nonzero(counts)
    return Cells(points[row], classes[place], counts[row, place])


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
