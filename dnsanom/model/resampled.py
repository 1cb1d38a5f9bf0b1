"""How sure the figures of each vector are: what they would have been, had other episodes and clients come by.

Bootstrap over clusters, which are episodes and, of benign rows, clients: rows of one of them are much alike,
so that taking rows for independent would make intervals far too narrow. In each replicate a cluster comes a
Poisson(1) number of times.
"""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from dnsanom.model.distinct import Floats
from dnsanom.model.intervals import interval

REPLICATES = 200


def f1_intervals(rows: pd.DataFrame, said: pd.Series, seed: int) -> dict[str, tuple[float, float]]:
    """95 % intervals of each vector's F1 and of `macro`, their mean over the vectors of the rows."""
    names = sorted(set(rows["vector"]) | set(said))
    truth, told = (pd.Categorical(column, names).codes.astype(np.intp) for column in (rows["vector"], said))
    cluster = pd.factorize(rows["episode"].fillna(rows["client"]))[0]
    size = len(names)
    ones = np.ones(len(rows), dtype=np.float32)
    cells = csr_array((ones, (truth * size + told, cluster)), (size * size, int(cluster.max()) + 1))
    rng = np.random.default_rng(seed)
    times = rng.poisson(1, (cells.shape[1], REPLICATES)).astype(np.float32)
    f1, there = _f1((cells @ times).reshape(size, size, -1))
    there &= np.isin(names, rows["vector"].unique())[:, None]
    found = {name: interval(f1[i][there[i]]) for i, name in enumerate(names) if there[i].any()}
    macro = (f1 * there).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    return {"macro": interval(macro), **found}


def _f1(tables: Floats) -> tuple[Floats, "np.ndarray[tuple[int, int], np.dtype[np.bool_]]"]:
    """F1 of each vector in each replicate, and whether the replicate has rows of it."""
    hits = np.einsum("iib->ib", tables).astype(np.float64)
    support, told = tables.sum(axis=1), tables.sum(axis=0)
    return 2 * hits / np.maximum(support + told, 1e-9), support > 0
