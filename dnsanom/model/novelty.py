"""How unlike anything labelled a row is: its distance to the nearest labelled row, against a limit.

A classifier forces every row into a class that it has learnt. What resembles none of them is nearest to some
labelled row all the same, but far from it. The distance from which a row counts as `unknown` is calibrated on
validation rows: it is the least at which the false alerts that unknown rows alone give rise to stay within
their share of the analysts' budget, and no less than the distance within which nearly all benign rows lie.

Distance is euclidean over the scaled features that the model sees, so 1 is one standard deviation of one
feature over the training rows. Novelty is distance over the limit: above 1 a row is unknown.

The same distances say which way a row leans: to labelled attacks or to benign rows. A classifier that is sure
gives many rows the same score, all votes of a neighbourhood say, and a budget of alerts has nothing to choose
by among them. Leaning orders them.
"""

from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from dnsanom.detect.merge import Merging
from dnsanom.model.asked import Asked
from dnsanom.model.distinct import Cells, Floats, Indices, cells, in_parts
from dnsanom.model.neighbours import tree_of
from dnsanom.model.threshold import choose
from dnsanom.schema import BENIGN, UNKNOWN

if TYPE_CHECKING:
    from dnsanom.model.bundle import Bundle

#: Share of benign validation rows that are within the limit however few alerts the others would make.
WITHIN = 0.99
#: Distance to attacks below which nearer is no nearer, in standard deviations.
BLUR = 0.1
#: The least limit: what differs by less than the rounding of features does not differ.
_LEAST = 1e-3


class Novelty(BaseEstimator):  # type: ignore[misc]
    """Distances to labelled rows, and the limit from which a row is unknown.

    Learned: distinct labelled rows `rows_` (m, d), their vectors `of_` (m,), how many training rows each
    stands for `weight_` (m,); `limit_`, which `calibrate` sets.
    """

    def __init__(self, most: int = 20_000) -> None:
        self.most = most

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Keep the distinct labelled rows, `most` of them: beyond that every n-th in ascending order."""
        rows, of = map(np.asarray, validate_data(self, X, y, dtype=np.float64))
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        known = cells(rows, of, weight)
        kept = np.arange(0, len(known.rows), max(1, -(-len(known.rows) // self.most)))
        self.rows_, self.of_, self.weight_ = known.rows[kept], known.of[kept], known.weight[kept]
        self.limit_ = 1.0
        return self

    def calibrate(self, limit: float) -> Self:
        """Set the distance from which a row is unknown."""
        check_is_fitted(self)
        self.limit_ = float(max(limit, _LEAST))
        return self

    def distance(self, X: ArrayLike) -> Floats:
        """Distance (n,) of each row to the nearest labelled one."""
        return self._to(self.rows_, self._checked(X))

    def novelty(self, X: ArrayLike) -> Floats:
        """Distances over the limit (n,): above 1 a row is unknown."""
        return self.distance(X) / self.limit_

    def judged(self, X: ArrayLike) -> tuple[Floats, Floats]:
        """Novelty (n,), and leaning (n,) in [0, 1], high to attacks.

        Leaning is b / (a + b + BLUR) of the distances a to the nearest labelled attack, b to the nearest
        benign row.
        """
        rows, benign = self._checked(X), self.of_ == BENIGN
        attack, calm = (self._to(self.rows_[kind], rows) for kind in (~benign, benign))
        with np.errstate(divide="ignore"):
            leaning = 1 / (1 + (attack + BLUR) / calm)
        return np.minimum(attack, calm) / self.limit_, leaning

    @staticmethod
    def _to(known: Floats, rows: Floats) -> Floats:
        """Distance (n,) to the nearest of known rows; infinite without any."""
        if not len(known):
            return np.full(len(rows), np.inf)
        tree = tree_of(known)
        return in_parts(lambda part: np.asarray(tree.query(part)[0]), rows)

    def kneighbors(self, X: ArrayLike, k: int) -> tuple[Floats, Indices]:
        """Distances and places in `rows_` of the k nearest labelled rows, the nearest first (n, k).

        The tree is made for each call, as it is no part of a saved model: 10 ms for 20,000 rows.
        """
        rows = self._checked(X)
        ranks = list(range(1, min(k, len(self.rows_)) + 1))
        far, places = cKDTree(self.rows_).query(rows, ranks)
        return np.asarray(far), np.asarray(places, dtype=np.intp)

    def _checked(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False))


def calibrated(
    train: Cells, asked: Asked, validation: pd.DataFrame, budget: float, merging: Merging
) -> Novelty:
    """Novelty over scaled training rows, calibrated on validation rows for `budget` false alerts a day."""
    made = Novelty().fit(train.rows, train.of, train.weight)
    far = made.distance(asked.rows)[asked.inverse]
    return made.calibrate(limit(validation, far, budget, merging))


def limit(validation: pd.DataFrame, far: Floats, budget: float, merging: Merging) -> float:
    """The least distance beyond which rows make no more than `budget` false alerts a day by themselves.

    `far` (n,) are the validation rows' distances. Where even the farthest benign row breaks the budget, it is
    that row's distance.
    """
    scored = pd.DataFrame({"score": far, "vector": UNKNOWN}, index=validation.index)
    benign = far[(validation["vector"] == BENIGN).to_numpy()]
    least = float(np.quantile(benign, WITHIN)) if len(benign) else _LEAST
    return choose(validation, scored, budget, merging, max(least, _LEAST)).score


def nearest(bundle: "Bundle", frame: pd.DataFrame, k: int) -> pd.DataFrame:
    """The k nearest labelled rows of each row of a frame, the nearest first.

    Columns: `row`, the frame's index; `vector`; `distance`, in standard deviations of scaled features;
    `weight`, how many training rows it stands for. Equal rows of several vectors are one line each.
    """
    from dnsanom.model.bundle import scaled

    known = bundle.novelty
    far, places = known.kneighbors(scaled(bundle, frame), k)
    return pd.DataFrame(
        {
            "row": np.repeat(frame.index.to_numpy(), places.shape[1]),
            "vector": known.of_[places.ravel()],
            "distance": far.ravel(),
            "weight": known.weight_[places.ravel()],
        }
    )
