"""Whether a probability means what it says: of rows given 80 %, do four in five turn out to be attacks?"""

from typing import Any

import numpy as np
import pandas as pd

from dnsanom.schema import BENIGN

BINS = 10


def reliability(rows: pd.DataFrame, answers: pd.DataFrame) -> dict[str, Any]:
    """Rows by their probability of an attack, in tenths: mean probability given, share of attacks, rows.

    `error` is the expected calibration error: the mean over rows of how far both are apart in their tenth
    (Naeini et al., AAAI 2015).
    """
    chance = np.clip(1 - answers[BENIGN].to_numpy(), 0, 1)
    attack = (rows["vector"] != BENIGN).to_numpy().astype(float)
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    count = np.bincount(place, minlength=BINS).tolist()
    given, true = (np.bincount(place, values, BINS).tolist() for values in (chance, attack))
    apart = float(np.abs(np.subtract(given, true)).sum() / max(len(rows), 1))
    return {"error": round(apart, 6), "bins": [*_bins(count, given, true)]}


def _bins(count: list[int], given: list[float], true: list[float]) -> list[dict[str, float]]:
    return [
        {
            "given": round(given[i] / count[i], 6),
            "attacks": round(true[i] / count[i], 6),
            "rows": count[i],
        }
        for i in range(BINS)
        if count[i]
    ]
