"""How sure a macro-F1 is: what it would have been, had other episodes and other rows come by.

Bootstrap over clusters, episodes and distinct rows: in each replicate a cluster comes a Poisson(1) number of
times, the same for every setting, so that settings are compared on the same replicates. That holds of
episodes also where settings see other features or other windows; distinct benign rows are others then. Rows
of an episode are much alike, so that taking them for independent would make intervals far too narrow.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from dnsanom.model.asked import Asked
from dnsanom.model.distinct import Floats, Indices
from dnsanom.schema import VECTORS

REPLICATES = 200
#: Replicates that are summed at once, in 4 bytes each.
_AT_ONCE = 50
Times = NDArray[np.uint8]


def draw(what: Asked, seed: int, replicates: int = REPLICATES) -> Times:
    """How many times each cluster comes in each replicate (clusters, replicates)."""
    clusters = int(what.cluster.max()) + 1
    own = (np.random.default_rng([seed, replicate]) for replicate in range(replicates))
    return np.column_stack([rng.poisson(1, clusters).astype(np.uint8) for rng in own])


def replicated(what: Asked, answer: Indices, times: Times) -> Floats:
    """Macro-F1 (replicates,) of answers to the distinct rows, over the vectors that the replicate has."""
    size = len(VECTORS)
    pair = what.vector * size + answer[what.row]
    cells = csr_array((what.count.astype(np.float32), (pair, what.cluster)), (size * size, len(times)))
    tables = np.concatenate([cells @ part for part in _parts(times)], axis=1).reshape(size, size, -1)
    hits = np.einsum("iib->ib", tables).astype(np.float64)
    support, told = tables.sum(axis=1), tables.sum(axis=0)
    f1 = 2 * hits / np.maximum(support + told, 1e-9)
    there = support > 0
    return np.asarray((f1 * there).sum(axis=0) / np.maximum(there.sum(axis=0), 1))


def _parts(times: Times) -> Iterator[NDArray[np.float32]]:
    return (times[:, i : i + _AT_ONCE].astype(np.float32) for i in range(0, times.shape[1], _AT_ONCE))


def interval(values: Floats) -> tuple[float, float]:
    """The middle 95 % of replicates."""
    low, high = np.percentile(values, [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)
