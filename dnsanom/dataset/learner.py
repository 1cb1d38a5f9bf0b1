"""A quick model that is exact: k nearest neighbours over distinct rows, scored by macro-F1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
#: Neighbours that vote, and the step that scaled values are rounded to, so that many rows are equal.
NEIGHBOURS, STEP = 5, 0.05


@dataclass(frozen=True)
class Learner:
    """Rows to learn from and to ask about (n, features), scaled by the former, their vectors, and weights."""

    names: Sequence[str]
    fit: Numbers
    fit_of: npt.NDArray[np.str_]
    held: Numbers
    held_of: npt.NDArray[np.str_]
    weight: Numbers

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame,
        names: Sequence[str],
        logged: Sequence[str],
        standing: Mapping[str, float],
        fit: Places,
        held: Places,
    ) -> "Learner":
        """Of labelled rows; `standing` is how many rows one of a vector stands for."""
        values = rows[list(names)].to_numpy(np.float64, copy=True)
        log = [name in logged for name in names]
        values[:, log] = np.log1p(values[:, log])
        spread = values[fit].std(axis=0)
        scaled = values / np.where(spread > 0, spread, 1)
        vector = rows["vector"].to_numpy(str)
        weight = np.array([standing[v] for v in vector[held].tolist()])
        rounded = np.rint(scaled / STEP) * STEP
        return cls(names, rounded[fit], vector[fit], rounded[held], vector[held], weight)

    def macro_f1(self, taken: Sequence[str]) -> float:
        """Mean F1 over the vectors among the rows asked about, with these features."""
        from dnsanom.model.distinct import distinct
        from dnsanom.model.knn import WeightedKNeighborsClassifier

        columns = [list(self.names).index(name) for name in taken]
        first, inverse = distinct(self.held[:, columns])
        knn = WeightedKNeighborsClassifier(min(NEIGHBOURS, len(self.fit)), "distance", "manhattan")
        knn.fit(self.fit[:, columns], self.fit_of)
        said = knn.predict(self.held[first][:, columns])[inverse]
        return float(np.mean([self._f1(said, vector) for vector in np.unique(self.held_of)]))

    def _f1(self, said: npt.NDArray[np.str_], vector: str) -> float:
        called, true = said == vector, self.held_of == vector
        hits, both = (self.weight[called & true].sum(), self.weight[called].sum() + self.weight[true].sum())
        return float(2 * hits / both)
