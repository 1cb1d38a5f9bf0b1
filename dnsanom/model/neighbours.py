"""All k and both votes of k nearest neighbours from one table of neighbours a metric.

Equal to asking scikit-learn for each k alone: the k nearest are the first k of a longer list unless the k-th
distance is also the next one's, and those few rows are asked again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from dnsanom.model.distinct import Floats, Indices, in_parts


@dataclass(frozen=True)
class Neighbours:
    """Distances and places in the training rows of each row's nearest, (n, k) both, nearest first."""

    distances: Floats
    places: Indices


def nearest(fitted: KNeighborsClassifier, rows: Floats, k: int) -> Neighbours:
    """The k nearest training rows of each row."""

    def ask(part: Floats) -> Floats:
        return np.stack(fitted.kneighbors(part, n_neighbors=k), axis=1)

    answer = in_parts(ask, rows)
    return Neighbours(answer[:, 0], answer[:, 1].astype(np.intp))


def first(fitted: KNeighborsClassifier, rows: Floats, table: Neighbours, k: int) -> Neighbours:
    """The k nearest, from a table of more where it settles them, else from the model."""
    distances, places = table.distances[:, :k].copy(), table.places[:, :k].copy()
    if k < table.distances.shape[1]:
        tied = np.flatnonzero(table.distances[:, k - 1] == table.distances[:, k])
        if len(tied):
            again = nearest(fitted, rows[tied], k)
            distances[tied], places[tied] = again.distances, again.places
    return Neighbours(distances, places)


def vote(neighbours: Neighbours, classes: NDArray[np.intp], count: int, weights: str) -> Floats:
    """Class probabilities (n, count): each neighbour votes for its class, alike or by 1 / distance.

    Among neighbours at distance 0 the others have no vote, as in scikit-learn.
    """
    strength = np.ones_like(neighbours.distances)
    if weights == "distance":
        with np.errstate(divide="ignore"):
            strength = 1 / neighbours.distances
        same = np.isinf(strength)
        strength[same.any(axis=1)] = same[same.any(axis=1)]
    chances = np.zeros((len(strength), count))
    rows = np.arange(len(strength))
    for column in range(strength.shape[1]):
        chances[rows, classes[neighbours.places[:, column]]] += strength[:, column]
    return np.asarray(chances / chances.sum(axis=1)[:, None])
