"""The gain of one model over another on the same rows, with its interval."""

import numpy as np
import pandas as pd
from synthetic import rows

from dnsanom.model.paired import Gain, gain

COUNTS = {"benign": 600, "tunnel": 120, "scan": 120}


def answers(frame: pd.DataFrame, wrong: int, seed: int) -> pd.DataFrame:
    """The truth as a model's answers, but for `wrong` attack rows that are called benign."""
    said = frame["vector"].to_numpy(dtype=object).copy()
    attacks = np.flatnonzero(said != "benign")
    said[np.random.default_rng(seed).choice(attacks, wrong, replace=False)] = "benign"
    return pd.DataFrame({v: (said == v).astype(float) for v in COUNTS}, index=frame.index)


def distinct(seed: int) -> pd.DataFrame:
    """Rows that are all different, so that answers may be, too."""
    frame = rows(COUNTS, seed)
    return frame.assign(query_packets=frame["query_packets"] + np.arange(len(frame)))


def test_a_model_gains_nothing_over_itself() -> None:
    frame = distinct(1)
    same = answers(frame, 10, 2)
    assert gain(frame, "window", same, same, 7) == Gain(0.0, 0.0, 0.0)


def test_a_clear_gain_is_sure_and_a_chance_one_is_not() -> None:
    frame = distinct(1)
    clear = gain(frame, "window", answers(frame, 5, 2), answers(frame, 60, 3), 7)
    assert 0 < clear.low < clear.value < clear.high
    chance = gain(frame, "window", answers(frame, 20, 2), answers(frame, 21, 3), 7)
    assert chance.low < 0 < chance.high


def test_the_interval_of_the_difference_is_narrower_than_those_of_both() -> None:
    frame = distinct(1)
    one, other = answers(frame, 30, 2), answers(frame, 31, 2)
    found = gain(frame, "window", one, other, 7)
    assert found.high - found.low < 0.05
