"""What benign traffic usually looks like, so that an alert can say how far off it is."""

import numpy as np
import pandas as pd

from dnsanom.model.bundle import matrix
from dnsanom.model.distinct import Floats
from dnsanom.schema import BENIGN

_NORMAL_MAD, _NORMAL_SPAN = (
    1.4826,
    4.652,
)  # σ / MAD, and (99th − 1st percentile) / σ, of a normal distribution


def usual(rows: pd.DataFrame, view: str) -> dict[str, list[float]]:
    """Median and spread of each of the fifteen features over benign rows, in the features' own units."""
    benign = matrix(rows[rows["vector"] == BENIGN], view)
    return {
        str(name): [round(float(values.median()), 6), round(spread(values.to_numpy()), 6)]
        for name, values in benign.items()
    }


def spread(values: Floats) -> float:
    """A standard deviation that outliers don't move: from the median absolute deviation.

    Where more than half of the values are equal it comes from the 1st to 99th percentile, then from the plain
    standard deviation; 1 for a constant, so that a distance in spreads is always defined.
    """
    around = _NORMAL_MAD * float(np.median(np.abs(values - np.median(values))))
    low, high = np.percentile(values, [1, 99])
    return around or float(high - low) / _NORMAL_SPAN or float(values.std()) or 1.0
