"""By how much one model's macro-F1 is above another's on the same rows, and how sure that is.

Both answer the same bootstrap replicates (`intervals`), in which whole episodes come or go: what is hard for
both cancels out, so the interval of the difference is far narrower than either model's own.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dnsanom.model.asked import Asked, asked
from dnsanom.model.bundle import matrix
from dnsanom.model.distinct import Indices
from dnsanom.model.intervals import draw, interval, replicated
from dnsanom.model.scoring import DIGITS, confusion, likeliest, macro_f1
from dnsanom.schema import VECTORS


@dataclass(frozen=True)
class Gain:
    """A difference of macro-F1 and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def gain(rows: pd.DataFrame, view: str, new: pd.DataFrame, old: pd.DataFrame, seed: int) -> Gain:
    """Macro-F1 of the answers `new` less that of `old` (both as `bundle.predict` gives them) on the rows."""
    what = asked(matrix(rows, view).to_numpy(), rows["vector"], rows["episode"])
    times = draw(what, seed)
    both = [replicated(what, _codes(what, answers), times) for answers in (new, old)]
    value = _macro(rows, new) - _macro(rows, old)
    return Gain(round(value, DIGITS), *interval(both[0] - both[1]))


def _codes(what: Asked, answers: pd.DataFrame) -> Indices:
    """Place in VECTORS of the answer to each distinct row; equal rows are answered alike."""
    codes = np.array([VECTORS.index(vector) for vector in likeliest(answers)], dtype=np.intp)
    _, first = np.unique(what.inverse, return_index=True)
    return codes[first]


def _macro(rows: pd.DataFrame, answers: pd.DataFrame) -> float:
    return macro_f1(confusion(rows["vector"], likeliest(answers)))
