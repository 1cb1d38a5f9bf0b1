"""Which features an alert's score is due to: exact Shapley values against usual traffic, whatever the model.

A feature's value is what the score falls by when the feature is put to its usual value, averaged over all
orders in which the features could be put back (Shapley 1953; Lundberg and Lee 2017, with the median of benign
rows as the one background). Putting back one feature alone would say nothing where two tell the same story:
the score would not move for either. The values sum up to the step from usual traffic's score to the alert's.
Only features that the model sees can move it, and only peaks are asked about: 2^n rows for n features.
"""

from collections.abc import Mapping
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnsanom.model import bundle as bundles
from dnsanom.model.bundle import Bundle
from dnsanom.model.distinct import Floats
from dnsanom.schema import BENIGN, UNKNOWN, feature_names

#: Features that are told apart; of a model with more, those nearest to usual move together with the last.
PLAYERS = 8
#: Rows that are asked about at once.
_AT_ONCE = 50_000
Masks = NDArray[np.bool_]


def shares(bundle: Bundle, peaks: pd.DataFrame) -> list[dict[str, float]]:
    """For each peak (its `vector` and the view's features) the share that each of the model's features has.

    Those that raise the score sum up to 1; one below 0 speaks against an alert. All are 0 where the score is
    no higher than that of usual traffic. Of an alert that is unknown the novelty is told, else 1 - P(benign).
    """
    features = [name for name in bundle.card["features"] if name in bundle.card["usual"]]
    usual = {name: float(bundle.card["usual"][name][0]) for name in features}
    masks = _coalitions(min(len(features), PLAYERS))
    step = max(1, _AT_ONCE // len(masks))
    return [
        one
        for start in range(0, len(peaks), step)
        for one in _shares(bundle, peaks.iloc[start : start + step], usual, masks)
    ]


def _shares(
    bundle: Bundle, peaks: pd.DataFrame, usual: Mapping[str, float], masks: Masks
) -> list[dict[str, float]]:
    names = feature_names(str(bundle.card["view"]))
    groups = [_players(bundle, row, usual, masks.shape[1]) for _, row in peaks.iterrows()]
    asked = np.concatenate(
        [
            _mixed(row[names].to_numpy(dtype=np.float64), names, players, usual, masks)
            for (_, row), players in zip(peaks.iterrows(), groups, strict=True)
        ]
    )
    answers = bundles.predict(bundle, pd.DataFrame(asked, columns=names))
    known = (1 - answers[BENIGN]).to_numpy().reshape(len(peaks), -1)
    novel = answers["novelty"].to_numpy().reshape(len(peaks), -1)
    unknown = (peaks["vector"] == UNKNOWN).to_numpy()
    values = np.where(unknown[:, None], novel, known)
    return [_named(_shapley(v, masks), players) for v, players in zip(values, groups, strict=True)]


def _players(
    bundle: Bundle, row: "pd.Series[float]", usual: Mapping[str, float], most: int
) -> list[list[str]]:
    """The features in groups that move together: one each, and those nearest to usual if too many."""
    far = _distance(bundle, row, usual)
    ordered = sorted(usual, key=lambda name: -far[name])
    return [[name] for name in ordered[: most - 1]] + [ordered[most - 1 :]] if ordered else []


def _distance(bundle: Bundle, row: "pd.Series[float]", usual: Mapping[str, float]) -> dict[str, float]:
    """How far each feature is from usual in spreads of benign rows, on the logarithm's scale."""
    spread = {name: float(bundle.card["usual"][name][1]) for name in usual}
    return {
        name: abs(np.log1p(abs(row[name])) - np.log1p(abs(usual[name]))) / max(np.log1p(spread[name]), 0.05)
        for name in usual
    }


def _mixed(
    row: Floats, names: list[str], players: list[list[str]], usual: Mapping[str, float], masks: Masks
) -> Floats:
    """The peak's row once for each coalition: who is not in it has the usual value."""
    mixed = np.repeat(row[None, :], len(masks), axis=0)
    for place, group in enumerate(players):
        for name in group:
            mixed[~masks[:, place], names.index(name)] = usual[name]
    return mixed


def _coalitions(players: int) -> Masks:
    """Every subset of players (2^n, n); the i-th holds player p if bit p of i is set."""
    return (np.arange(2**players)[:, None] >> np.arange(players) & 1).astype(bool)


def _shapley(values: Floats, masks: Masks) -> Floats:
    """Shapley value (n,) of each player, from the values (2^n,) of the coalitions."""
    count = masks.shape[1]
    sizes = masks.sum(axis=1)
    weights = np.array([factorial(s) * factorial(max(count - s - 1, 0)) / factorial(count) for s in sizes])
    found = np.empty(count)
    for player in range(count):
        without = np.flatnonzero(~masks[:, player])
        found[player] = (weights[without] * (values[without + 2**player] - values[without])).sum()
    return found


def _named(values: Floats, players: list[list[str]]) -> dict[str, float]:
    """Shares by feature of all that raises the score; features that move together share alike."""
    whole = float(values.clip(0).sum()) if values.sum() > 0 else 0.0
    scale = 1 / whole if whole > 1e-9 else 0.0
    return {
        name: round(float(value) * scale / len(group), 4)
        for value, group in zip(values, players, strict=True)
        for name in group
    }
