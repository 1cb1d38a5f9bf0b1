"""What made an alert: the features that its score is due to and those that stand out, in words."""

from collections.abc import Mapping
from math import inf, log1p
from typing import Any

from dnsanom.detect.alert import Evidence
from dnsanom.detect.history import KIND, Norm
from dnsanom.detect.usually import beside
from dnsanom.schema import FEATURES, Feature

MOST, LEAST = 5, 3
#: Share of the score from which a feature made the alert.
COUNTS = 0.1
#: Robust z from which a feature stands out. 3.5 is the cut of Iglewicz and Hoaglin (1993) for the modified z.
STANDS_OUT = 3.5
#: Least and most that a spread counts for, on the feature's own scale. Where benign rows are all alike a
#: small step must not look infinitely far, and a share has no room for a wide spread. A quarter
#: on the log scale is a quarter more or less.
LIMITS = {"log": (0.25, inf), "0..1": (0.05, 0.25), "ratio": (0.1, 0.5), "0/1": (0.25, 0.25)}
#: Classes are names, not amounts: the farthest is two steps away, and that never stands out by itself.
CLASSES = (1.0, inf)


def evidence(
    view: str,
    row: Mapping[str, Any],
    card: Mapping[str, Any],
    shares: Mapping[str, float] | None = None,
    norm: Norm | None = None,
) -> list[Evidence]:
    """Three to five features of a row: those that the score is due to, the largest share first, then those
    that are farthest from usual.

    `card["usual"]` has [median, spread] of the benign training rows for each feature; `shares` are of the
    score (`attribution`); `norm` is what the client and its peers usually show, which the words tell instead.
    """
    known = [f for f in FEATURES[view] if f.name in card["usual"]]
    found = [_piece(view, f, row, card, shares or {}, norm or Norm()) for f in known]
    found.sort(key=lambda piece: (-piece["share"] if piece["share"] >= COUNTS else 0, -abs(piece["z"])))
    standing = sum(piece["share"] >= COUNTS or abs(piece["z"]) >= STANDS_OUT for piece in found)
    return found[: min(MOST, max(LEAST, standing))]


def robust_z(feature: Feature, value: float, usual: float, spread: float) -> float:
    """Distance from the median in spreads, on the feature's own scale (log1p where the model sees that).

    `spread` is in the feature's units; on the log scale it is the step from the median to one spread above.
    """
    low, high = LIMITS["log"] if feature.log else LIMITS.get(feature.unit, CLASSES)
    step = log1p(value) - log1p(usual) if feature.log else value - usual
    unit = log1p(usual + spread) - log1p(usual) if feature.log else spread
    return step / min(max(unit, low), high)


def _piece(
    view: str,
    feature: Feature,
    row: Mapping[str, Any],
    card: Mapping[str, Any],
    shares: Mapping[str, float],
    norm: Norm,
) -> Evidence:
    name, value, (usual, spread) = feature.name, float(row[feature.name]), card["usual"][feature.name]
    # By these its past and its peers were chosen, so they say nothing of them.
    own, peers = (None if name in KIND[view] else one.values.get(name) for one in (norm.own, norm.peers))
    usuals = [(whose, it) for whose, it in (("its own", own), ("its peers", peers)) if it is not None]
    asked = row.get("query_packets", 1) > 0
    z = robust_z(feature, value, usual, spread)
    return Evidence(
        feature=name,
        unit=feature.unit,
        value=round(value, 6),
        usual=round(usual, 6),
        spread=round(spread, 6),
        own=own,
        peers=peers,
        z=round(z, 1),
        direction="high" if z > 0 else "low" if z < 0 else "usual",
        in_model=name in card["features"],
        share=shares.get(name, 0.0),
        words=beside(view, name, value, usuals or [("", usual)], int(card["window_seconds"]), asked),
    )
