"""Tables of nearest points: one table of a metric answers every number of neighbours up to its own.

A point stands for a number of training rows, its weight. A row's neighbourhood of k is closed by the distance
at which the weights of its nearest points first sum to k, and the table holds every point up to there, all
that are as far as the last one included, so it does not matter in which order rows or points come.

Distances are those of scikit-learn's KDTree to the last bit: float64, summed feature by feature. Like there
they are compared in reduced form, for euclidean the square.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from dnsanom.model.distinct import Floats, Indices

Metric = Literal["euclidean", "manhattan", "chebyshev"]
_POWERS = {"manhattan": 1, "euclidean": 2, "chebyshev": np.inf}
#: Points that are asked for first, and how many times as many next. Most rows of DNS are equal to a point
#: that has all their neighbours.
_FIRST, _MORE = 4, 4
#: Distances held at once: with their points 32 MB, a few times that while they are ordered.
_HELD = 2_000_000
#: The tree sums in another order; what it finds further than this share beyond the last is further for sure.
_SURE = 1 - 1e-9


@dataclass(frozen=True)
class Near:
    """The nearest points of some rows: `rows` (m,) says which; reduced distances and points (m, width)."""

    rows: Indices
    reduced: Floats
    points: Indices


def near(points: Floats, weight: Floats, rows: Floats, k: float, metric: Metric) -> Iterator[Near]:
    """The neighbourhoods of k of every row, in parts of bounded size; points by distance, then number.

    points (p, d) with their weights (p,), rows (n, d). Where all points weigh less than k, all are near.
    """
    tree = tree_of(points)
    waiting, width = np.arange(len(rows)), min(_FIRST, len(points))
    while len(waiting):
        open_rows = [waiting[:0]]
        for part in _parts(waiting, width):
            found, farthest = _ask(tree, rows[part], width, metric)
            closed = _closed(found, weight, k, farthest) | (width == len(points))
            open_rows.append(part[~closed])
            if closed.any():
                yield Near(part[closed], found.reduced[closed], found.points[closed])
        waiting, width = np.concatenate(open_rows), min(_MORE * width, len(points))


def tree_of(points: Floats) -> cKDTree:
    """A tree of points (p, d), cut at midpoints: rounded values repeat, and it answers twice as fast so."""
    return cKDTree(points, balanced_tree=False)


def _parts(rows: Indices, width: int) -> Iterator[Indices]:
    size = max(1, _HELD // width)
    return (rows[i : i + size] for i in range(0, len(rows), size))


def _ask(tree: cKDTree, rows: Floats, width: int, metric: Metric) -> tuple[Near, Floats]:
    """The `width` nearest points of each row, and the farthest of them as the tree has it, reduced."""
    told, points = tree.query(rows, list(range(1, width + 1)), p=_POWERS[metric])
    farthest = told[:, -1] ** 2 if metric == "euclidean" else told[:, -1]
    reduced = reduced_distances(rows, tree.data, points, metric)
    order = np.lexsort((points, reduced))
    take = np.take_along_axis
    return Near(np.arange(len(rows)), take(reduced, order, axis=1), take(points, order, axis=1)), farthest


def _closed(found: Near, weight: Floats, k: float, farthest: Floats) -> NDArray[np.bool]:
    """Rows whose nearest points weigh k, with nothing left unseen that may be as near as the last of them."""
    summed = weight[found.points].cumsum(axis=1)
    return np.asarray((summed[:, -1] >= k) & (_edge(found, summed, k) < farthest * _SURE))


def _edge(found: Near, summed: Floats, k: float) -> Floats:
    """The reduced distance (m,) that closes each neighbourhood of k, by the points' `summed` weights."""
    last = np.minimum((summed < k).sum(axis=1), summed.shape[1] - 1)
    return np.asarray(found.reduced[np.arange(len(last)), last])


def reduced_distances(rows: Floats, points: Floats, which: Indices, metric: Metric) -> Floats:
    """Reduced distances (n, width) of rows (n, d) to `which` (n, width) of the points (p, d)."""
    total = np.zeros(which.shape)
    for column in range(rows.shape[1]):
        apart = rows[:, column, None] - points[which, column]
        if metric == "chebyshev":
            np.maximum(total, np.abs(apart), out=total)
        else:
            total += apart * apart if metric == "euclidean" else np.abs(apart)
    return total


def distances(reduced: Floats, metric: Metric) -> Floats:
    """Distances of reduced ones."""
    return np.sqrt(reduced) if metric == "euclidean" else reduced


def narrowed(found: Near, weight: Floats, k: float) -> Near:
    """The same neighbourhoods of a smaller k: without the columns in which no row has a point as near."""
    edge = _edge(found, weight[found.points].cumsum(axis=1), k)
    width = int((found.reduced <= edge[:, None]).sum(axis=1).max(initial=1))
    return Near(found.rows, found.reduced[:, :width], found.points[:, :width])


def shares(found: Near, weight: Floats, k: float) -> Floats:
    """Share (m, width) of each point's rows that are among the k nearest, alike for the farthest."""
    size = weight[found.points]
    edge = _edge(found, size.cumsum(axis=1), k)[:, None]
    inside, on = found.reduced < edge, found.reduced == edge
    left = k - (size * inside).sum(axis=1)
    return np.asarray(inside + on * np.minimum(left / (size * on).sum(axis=1), 1)[:, None])
