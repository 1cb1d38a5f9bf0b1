"""k nearest neighbours over distinct rows, each with the number of training rows that it stands for.

DNS repeats itself: many training rows are equal, and not all of them have the same vector. scikit-learn's
KNeighborsClassifier takes k of the equal rows as they come, and slows down with them. Here equal rows are one
point with a count for each class, and where only some of a point's rows are among the k nearest, each of its
classes has its share. Without equal rows and equal distances the answer is scikit-learn's.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from dnsanom.model.distinct import Floats, Indices, distinct

_POWERS = {"manhattan": 1, "euclidean": 2, "chebyshev": np.inf}


@dataclass(frozen=True)
class Neighbours:
    """Distances and numbers of each row's nearest points, (n, k) both, nearest first."""

    distances: Floats
    points: Indices


class CountedNeighbors(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """KNeighborsClassifier that counts equal training rows instead of keeping each."""

    def __init__(
        self,
        n_neighbors: int = 5,
        weights: Literal["uniform", "distance"] = "uniform",
        metric: Literal["euclidean", "manhattan", "chebyshev"] = "euclidean",
    ) -> None:
        self.n_neighbors = n_neighbors
        self.weights = weights
        self.metric = metric

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on rows (n, d) and their classes (n,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        rows = np.asarray(X)
        if self.n_neighbors > len(rows):
            raise ValueError(f"n_neighbors={self.n_neighbors}: must be at most the {len(rows)} training rows")
        self.classes_, place = np.unique(np.asarray(y), return_inverse=True)
        first, point = distinct(rows)
        self.counts_ = np.zeros((len(first), len(self.classes_)))
        np.add.at(self.counts_, (point, place), 1)
        self.points_ = rows[first]
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n, classes)."""
        return self.vote(self.nearest(X, self.n_neighbors))

    def predict(self, X: ArrayLike) -> NDArray[np.str_]:
        """The most probable class."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def nearest(self, X: ArrayLike, k: int) -> Neighbours:
        """The k nearest points of each row, or all points where there are fewer.

        The tree is made for each call: that takes 20 ms for 40,000 points, and keeps it out of saved models.
        """
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        order = list(range(1, min(k, len(self.points_)) + 1))
        distances, points = cKDTree(self.points_).query(rows, order, p=_POWERS[self.metric])
        return Neighbours(distances, points)

    def narrowed(self, X: Floats, table: Neighbours, k: int) -> Neighbours:
        """The k nearest points from a table of more, the same that `nearest` gives.

        Where the k-th distance is also the next one's, the table does not settle it, and the tree is asked.
        """
        distances, points = table.distances[:, :k].copy(), table.points[:, :k].copy()
        if k < table.distances.shape[1]:
            tied = np.flatnonzero(table.distances[:, k - 1] == table.distances[:, k])
            again = self.nearest(X[tied], k) if len(tied) else Neighbours(distances[tied], points[tied])
            distances[tied], points[tied] = again.distances, again.points
        return Neighbours(distances, points)

    def vote(self, near: Neighbours) -> Floats:
        """Probabilities (n, classes) of rows whose nearest points, `n_neighbors` or more, are known."""
        near = Neighbours(near.distances[:, : self.n_neighbors], near.points[:, : self.n_neighbors])
        size = self.counts_.sum(axis=1)[near.points]
        share = self._taken(near.distances, size) * self._strength(near.distances)
        votes = np.zeros((len(share), len(self.classes_)))
        for column in range(share.shape[1]):
            votes += self.counts_[near.points[:, column]] * share[:, column, None]
        return np.asarray(votes / votes.sum(axis=1)[:, None])

    def _taken(self, distances: Floats, size: Floats) -> Floats:
        """Share of each point's rows that are among the k nearest; points as far as the k-th share alike."""
        last = np.minimum((size.cumsum(axis=1) < self.n_neighbors).sum(axis=1), size.shape[1] - 1)
        edge = distances[np.arange(len(last)), last][:, None]
        inside, on = distances < edge, distances == edge
        left = self.n_neighbors - (size * inside).sum(axis=1)
        return np.asarray(inside + on * np.minimum(left / (size * on).sum(axis=1), 1)[:, None])

    def _strength(self, distances: Floats) -> Floats:
        """Vote of each point: 1, or 1 / distance, where points at distance 0 leave no vote to others."""
        if self.weights == "uniform":
            return np.ones_like(distances)
        with np.errstate(divide="ignore"):
            strength = 1 / distances
        same = np.isinf(strength)
        strength[same.any(axis=1)] = same[same.any(axis=1)]
        return strength
