"""k nearest neighbours over distinct rows, each with the weight of the training rows that it stands for.

DNS repeats itself: many training rows are equal, and not all of them have the same vector. scikit-learn's
KNeighborsClassifier keeps each of them, slows down with them, and takes no `sample_weight`. Here equal rows
are one point with a weight for each class: a row of weight w votes as w equal rows would.

**Definition.** The k nearest neighbours of a row are the nearest training rows whose weights sum to
`n_neighbors`. All rows at the distance where the sum is reached, the k-th, share what is left of k in
proportion to their weights, so a row may count in part; weights need not be whole numbers. `uniform`: each
neighbour's vote is what it counts. `distance`: that divided by its distance, and where neighbours at distance
0 are among them, only those vote. The answer is the class with most votes, the first of equals.

**Ties.** At the k-th distance scikit-learn takes the rows that its tree meets first, which depends on their
order. Where it does not (no row beyond the k-th is as near as it, or all as near are of one class), the
answer here is scikit-learn's on the repeated rows. Elsewhere its probabilities are the mean of scikit-learn's
over all orders of the rows.
"""

from collections.abc import Iterator
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from dnsanom.model.distinct import Floats, counted
from dnsanom.model.neighbours import Metric, Near, distances, near, shares


class WeightedKNeighborsClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """KNeighborsClassifier that takes `sample_weight`, and keeps equal training rows once.

    Learned: `classes_`, distinct rows `points_` (p, d), weights of each class in each of them `counts_`
    (p, classes).
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        weights: Literal["uniform", "distance"] = "uniform",
        metric: Metric = "euclidean",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit on rows (n, d), their classes (n,) and weights (n,), 1 without; rows of weight 0 are not there.

        Raises ValueError when the weights sum to less than `n_neighbors`.
        """
        rows, of = map(np.asarray, validate_data(self, X, y, dtype=np.float64))
        check_classification_targets(of)
        weight = _check_sample_weight(sample_weight, rows, dtype=np.float64, ensure_non_negative=True)
        if not 0 < self.n_neighbors <= weight.sum():
            raise ValueError(
                f"n_neighbors={self.n_neighbors}: must be 1 or more and at most the sum of weights, "
                f"{weight.sum():g} (n_samples = {len(rows)})"
            )
        self.points_, self.classes_, self.counts_ = counted(rows, of, weight)
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n, classes): the shares of the votes."""
        rows = self.checked(X)
        chances = np.empty((len(rows), len(self.classes_)))
        for found in self.near(rows, self.n_neighbors):
            chances[found.rows] = self.vote(found)
        return chances

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """The most probable class."""
        best = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def checked(self, X: ArrayLike) -> Floats:
        """Rows to be asked about, as float64. Raises ValueError when they are not of the fitted shape."""
        check_is_fitted(self)
        return np.asarray(validate_data(self, X, dtype=np.float64, reset=False))

    def near(self, rows: Floats, k: int) -> Iterator[Near]:
        """The neighbourhoods of k of all rows, in parts.

        The tree is made for each call: that takes 20 ms for 40,000 points, and keeps it out of saved models.
        """
        return near(self.points_, self.counts_.sum(axis=1), rows, k, self.metric)

    def vote(self, found: Near) -> Floats:
        """Probabilities (m, classes) from neighbourhoods of `n_neighbors` or more."""
        share = shares(found, self.counts_.sum(axis=1), self.n_neighbors)
        if self.weights == "distance":
            share *= _strength(distances(found.reduced, self.metric))
        width = share.shape[1]
        starts = np.arange(0, share.size + 1, width)
        votes = csr_array((share.ravel(), found.points.ravel(), starts), (len(share), len(self.points_)))
        votes = votes @ self.counts_
        return np.asarray(votes / votes.sum(axis=1)[:, None])


def _strength(far: Floats) -> Floats:
    """Vote of each neighbour: 1 / distance; where some are at distance 0, 1 for those and 0 for others."""
    with np.errstate(divide="ignore"):
        strength = 1 / far
    same = np.isinf(strength)
    strength[same.any(axis=1)] = same[same.any(axis=1)]
    return np.asarray(strength)
