"""How finely values are told apart before equal rows are counted as one."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from dnsanom.model.distinct import Floats


class Resolution(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Rounds to multiples of `step`; None leaves values as they are.

    On log(1 + x) a step of 0.01 tells values apart that differ by one in a hundred.
    """

    def __init__(self, step: float | None = 0.01) -> None:
        self.step = step

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Check the rows; nothing is learned. Raises ValueError when the step is not positive."""
        if self.step is not None and not self.step > 0:
            raise ValueError(f"step={self.step}: must be more than 0, or None")
        validate_data(self, X, dtype=np.float64)
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Rounded rows (n, d)."""
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float64, reset=False))
        return rows if self.step is None else np.asarray(np.rint(rows / self.step) * self.step)
