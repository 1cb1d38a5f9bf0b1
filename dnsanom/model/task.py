"""Training and validation rows as a sweep needs them: scaled, and equal ones once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.model.asked import Asked, asked
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import head
from dnsanom.model.distinct import Cells, Floats, cells
from dnsanom.model.thin import thinned
from dnsanom.params import Sweep


@dataclass(frozen=True)
class Task:
    """The fitted head of the pipeline; scaled training rows: all, those for a model whose time grows with
    their number, those for one whose time grows with its square; and what is asked."""

    before: Pipeline
    train: Cells
    many: Cells
    few: Cells
    asked: Asked


def task(
    train: pd.DataFrame,
    validation: pd.DataFrame,
    view: str,
    features: list[str],
    limits: Sweep,
    seed: int,
    resolution: float | None,
) -> Task:
    """The task that labelled rows of a view are, with values rounded to `resolution`."""
    rows = matrix(train, view)
    before = head(view, features, resolution).fit(rows)
    scaled = np.asarray(before.transform(rows))
    of = train["vector"]
    many, few = (thinned(of, most, seed) for most in (limits.nystroem_rows, limits.svm_rows))
    return Task(
        before=before,
        train=grouped(scaled, of),
        many=grouped(scaled[many], of.iloc[many]),
        few=grouped(scaled[few], of.iloc[few]),
        asked=asked(
            np.asarray(before.transform(matrix(validation, view))),
            validation["vector"],
            validation["episode"],
        ),
    )


def grouped(scaled: Floats, vector: pd.Series) -> Cells:
    """Rows by row and vector; numbers stand for the names meanwhile, as they are quicker."""
    codes, names = pd.factorize(vector, sort=True)
    found = cells(scaled, codes, np.ones(len(codes)))
    return Cells(found.rows, np.asarray(names, dtype=str)[found.of], found.weight)
