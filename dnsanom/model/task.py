"""Training and validation rows as a sweep needs them: scaled, and equal ones once."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.model.asked import Asked, asked
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import head
from dnsanom.model.distinct import Cells, Floats, cells
from dnsanom.model.frames import TIMES
from dnsanom.model.thin import drawn
from dnsanom.params import Sweep
from dnsanom.schema import feature_names

#: Rows that a share of them has at least: fewer say nothing of a setting.
_LEAST = 500


@dataclass(frozen=True)
class Task:
    """The fitted head of the pipeline; scaled training rows: all, those for a model whose time grows with
    their number, those for one whose time grows with its square; and what is asked."""

    before: Pipeline
    train: Cells
    many: Cells
    few: Cells
    asked: Asked

    def at(self, share: float, seed: int) -> "Task":
        """The same with a share of the training rows, for a first look at a setting."""
        few, many, train = (_share(rows, share, seed) for rows in (self.few, self.many, self.train))
        return replace(self, few=few, many=many, train=train)


def _share(rows: Cells, share: float, seed: int) -> Cells:
    return drawn(rows, max(_LEAST, int(share * rows.weight.sum())), seed)


def task(
    train: pd.DataFrame,
    validation: pd.DataFrame,
    view: str,
    features: list[str],
    limits: Sweep,
    seed: int,
    resolution: float | None,
) -> Task:
    """The task that labelled rows of a view are, with values rounded to `resolution`.

    Rows are those of `frames.counted`, or of `frames.load`, each once; both give the same. Scaling is learned
    from the distinct rows and their weights.
    """
    before = head(view, features, resolution)
    columns, rounding, scale = (step for _, step in before.steps)
    rounded = np.asarray(rounding.fit_transform(columns.fit_transform(_values(train, view, features))))
    found = grouped(rounded, train["vector"], _times(train))
    seen = replace(found, rows=scale.fit_transform(found.rows, sample_weight=found.weight))
    return Task(
        before=before,
        train=seen,
        many=drawn(seen, limits.nystroem_rows, seed),
        few=drawn(seen, limits.svm_rows, seed),
        asked=asked(
            np.asarray(before.transform(_values(validation, view, features))),
            validation["vector"],
            validation["episode"],
            _times(validation),
        ),
    )


def _values(frame: pd.DataFrame, view: str, features: list[str]) -> pd.DataFrame:
    """The view's features; those that no model sees are 0 here, as they need not have been read."""
    return matrix(frame[features].reindex(columns=feature_names(view), fill_value=0.0), view)


def _times(frame: pd.DataFrame) -> Floats:
    return frame[TIMES].to_numpy(np.float64) if TIMES in frame else np.ones(len(frame))


def grouped(scaled: Floats, vector: pd.Series, times: Floats) -> Cells:
    """Rows by row and vector; numbers stand for the names meanwhile, as they are quicker."""
    codes, names = pd.factorize(vector, sort=True)
    found = cells(scaled, codes, times)
    return Cells(found.rows, np.asarray(names, dtype=str)[found.of], found.weight)
