"""Whether a candidate becomes champion: a decision as a value, with its reasons."""

from dataclasses import dataclass

from dnsanom.model.scoring import Metrics
from dnsanom.params import Gate
from dnsanom.schema import BENIGN


@dataclass(frozen=True)
class Verdict:
    """Promote or keep, and why, the deciding reason first."""

    promote: bool
    reasons: tuple[str, ...]


def verdict(candidate: Metrics, champion: Metrics | None, gate: Gate) -> Verdict:
    """Compare the test figures of a candidate with the champion's on the same rows; None for no champion."""
    if not any(row["support"] for vector, row in candidate["vectors"].items() if vector != BENIGN):
        return Verdict(False, ("the test rows hold no attack, so there is nothing to compare on",))
    own = f"macro-F1 {candidate['macro_f1']:.4f}"
    if champion is None:
        return Verdict(True, (f"first champion: {own} on {candidate['rows']:,} test rows",))
    gain = round(candidate["macro_f1"] - champion["macro_f1"], 6)
    better = gain > gate.min_gain
    compared = (
        f"{own} against the champion's {champion['macro_f1']:.4f} on the same {candidate['rows']:,} test rows"
    )
    rule = f"a gain of {gain:+.4f}, {'more' if better else 'not more'} than gate.min_gain {gate.min_gain:g}"
    return Verdict(
        better, (f"{compared}: {rule}", *_changes(candidate, champion), _alerts(candidate, champion))
    )


def _changes(candidate: Metrics, champion: Metrics) -> list[str]:
    """One line for the vectors that gained F1 and one for those that lost, by at least 0.005."""
    old = {v: row["f1"] for v, row in champion["vectors"].items()}
    change = {v: row["f1"] - old.get(v, 0.0) for v, row in candidate["vectors"].items() if row["support"]}
    lines = {
        "better": {v: c for v, c in change.items() if c >= 0.005},
        "worse": {v: c for v, c in change.items() if c <= -0.005},
    }
    return [
        f"{word}: {', '.join(f'{v} {c:+.2f}' for v, c in some.items())}"
        for word, some in lines.items()
        if some
    ]


def _alerts(candidate: Metrics, champion: Metrics) -> str:
    new, old = candidate["false_alerts_per_day"], champion["false_alerts_per_day"]
    found, before = _found(candidate), _found(champion)
    return (
        f"false alerts a day {new:g}, the champion's {old:g}; episodes found {found}, the champion's {before}"
    )


def _found(figures: Metrics) -> str:
    episodes = figures["episodes"].values()
    return f"{sum(e['flagged'] for e in episodes)} of {sum(e['episodes'] for e in episodes)}"
