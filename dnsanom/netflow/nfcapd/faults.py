"""Records that can't be read as flows, each with its first fault."""

import numpy as np
import numpy.typing as npt


class Faults:
    """Row of a record → why it can't be read. The first reason that is told stays."""

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def add(self, row: int, reason: str) -> None:
        """Note why a row can't be read."""
        self.reasons.setdefault(row, reason)

    def add_all(self, rows: npt.NDArray[np.int64], reason: str) -> None:
        """Note the same reason for all rows."""
        for row in rows.tolist():
            self.reasons.setdefault(row, reason)
