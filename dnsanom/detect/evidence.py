"""What stands out in an alert: the features that are farthest from usual, in words."""

from collections.abc import Mapping
from math import inf, log1p
from typing import Any

from dnsanom.detect.alert import Evidence
from dnsanom.detect.words import words
from dnsanom.schema import FEATURES, Feature

MOST, LEAST = 5, 3
#: Robust z from which a feature stands out. 3.5 is the cut of Iglewicz and Hoaglin (1993) for the modified z.
STANDS_OUT = 3.5
#: Least and most that a spread counts for, on the feature's own scale. Where benign rows are all alike a
#: small step must not look infinitely far, and a share has no room for a wide spread. A quarter
#: on the log scale is a quarter more or less.
LIMITS = {"log": (0.25, inf), "0..1": (0.05, 0.25), "ratio": (0.1, 0.5), "0/1": (0.25, 0.25)}
#: Classes are names, not amounts: the farthest is two steps away, and that never stands out by itself.
CLASSES = (1.0, inf)


def evidence(view: str, row: Mapping[str, Any], card: Mapping[str, Any]) -> list[Evidence]:
    """The three to five features of a row that are farthest from usual, farthest first.

    `card["usual"]` has [median, spread] of the benign training rows for each feature.
    """
    found = [_piece(view, f, row, card) for f in FEATURES[view] if f.name in card["usual"]]
    found.sort(key=lambda piece: -abs(piece["z"]))
    standing = sum(abs(piece["z"]) >= STANDS_OUT for piece in found)
    return found[: min(MOST, max(LEAST, standing))]


def robust_z(feature: Feature, value: float, usual: float, spread: float) -> float:
    """Distance from the median in spreads, on the feature's own scale (log1p where the model sees that).

    `spread` is in the feature's units; on the log scale it is the step from the median to one spread above.
    """
    low, high = LIMITS["log"] if feature.log else LIMITS.get(feature.unit, CLASSES)
    step = log1p(value) - log1p(usual) if feature.log else value - usual
    unit = log1p(usual + spread) - log1p(usual) if feature.log else spread
    return step / min(max(unit, low), high)


def _piece(view: str, feature: Feature, row: Mapping[str, Any], card: Mapping[str, Any]) -> Evidence:
    value, (usual, spread) = float(row[feature.name]), card["usual"][feature.name]
    asked = row.get("query_packets", 1) > 0
    z = robust_z(feature, value, usual, spread)
    return Evidence(
        feature=feature.name,
        unit=feature.unit,
        value=round(value, 6),
        usual=round(usual, 6),
        spread=round(spread, 6),
        z=round(z, 1),
        direction="high" if z > 0 else "low" if z < 0 else "usual",
        in_model=feature.name in card["features"],
        words=words(view, feature.name, value, usual, int(card["window_seconds"]), asked),
    )
