"""Validation rows as what is asked of a model: each distinct row once, and what hangs on its answer.

All figures of a sweep are sums over counts, so they are those of all rows and take the time of the distinct.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from dnsanom.model.distinct import Floats, Indices, ordered
from dnsanom.model.scoring import DIGITS, Metrics, macro_f1, per_vector
from dnsanom.schema import BENIGN, VECTORS

Names = NDArray[np.str_]
_BENIGN = VECTORS.index(BENIGN)


@dataclass(frozen=True)
class Asked:
    """Distinct rows (m, d), and for every row that was there which of them it is, `inverse` (n,).

    Cells (c,) are the distinct rows by true vector and cluster: which row, which of VECTORS, which cluster,
    how many. A cluster is an episode, or where there is none a distinct row: what comes or goes as one.
    Episodes come first, in the order of their names, so that they have the same numbers whatever is asked.
    """

    rows: Floats
    inverse: Indices
    row: Indices
    vector: Indices
    cluster: Indices
    count: Floats

    def names(self) -> Names:
        """True vector of each cell."""
        return np.asarray(VECTORS)[self.vector]


def asked(rows: Floats, vector: pd.Series, episode: pd.Series, times: Floats | None = None) -> Asked:
    """What is asked about scaled rows (n, d) with these vectors and episodes, each there `times` (n,)."""
    first, inverse = ordered(rows)
    codes, names = pd.factorize(vector)
    of = np.array([VECTORS.index(str(name)) for name in names], dtype=np.intp)[codes]
    incident, incidents = pd.factorize(episode, sort=True)
    cluster = np.where(incident >= 0, incident, len(incidents) + inverse)
    cell, which = ordered(np.column_stack((inverse, of, cluster)).astype(np.float64))
    return Asked(
        rows=rows[first],
        inverse=inverse,
        row=inverse[cell],
        vector=of[cell],
        cluster=cluster[cell].astype(np.intp),
        count=np.bincount(which, times).astype(np.float64),
    )


def said(classes: Names, chances: Floats) -> Indices:
    """The most probable of VECTORS for each row of class probabilities (m, classes)."""
    of = np.array([VECTORS.index(str(name)) for name in classes], dtype=np.intp)
    return np.asarray(of[chances.argmax(axis=1)])


def scores(classes: Names, chances: Floats) -> Floats:
    """1 - P(benign) of each row of class probabilities (m, classes)."""
    return np.clip(1 - chances[:, list(classes).index(BENIGN)], 0, 1)


def confusion(what: Asked, answer: Indices) -> pd.DataFrame:
    """Counts of rows by true vector (index) and vector said (columns), for the vectors that occur."""
    size = len(VECTORS)
    pairs = np.bincount(what.vector * size + answer[what.row], what.count, size * size)
    table = pairs.astype(np.int64).reshape(size, size)
    here = np.flatnonzero(table.sum(axis=0) + table.sum(axis=1))
    labels = [VECTORS[i] for i in here]
    return pd.DataFrame(table[np.ix_(here, here)], pd.Index(labels, name="truth"), labels)


def metrics(what: Asked, answer: Indices, score: Floats) -> Metrics:
    """The figures that `scoring.metrics` gives of all rows, from answers and scores of the distinct ones."""
    table = confusion(what, answer)
    attack = what.vector != _BENIGN
    area = (
        average_precision_score(attack, score[what.row], sample_weight=what.count) if attack.any() else None
    )
    return {
        "macro_f1": macro_f1(table),
        "pr_auc": None if area is None else round(float(area), DIGITS),
        "rows": int(what.count.sum()),
        "vectors": per_vector(table),
    }
