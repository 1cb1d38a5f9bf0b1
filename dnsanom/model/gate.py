"""Whether a candidate becomes champion: a decision as a value, with its reasons.

Any champion must be small and quick enough. A candidate must also beat the champion on the same test rows by
more than chance, lose no vector, and keep to the analysts' budget. The budget does not hold a first champion
back, since without one there are no alerts at all; its reasons say by how much it breaks it. A candidate of
windows of another length than the champion's has no rival on these rows, but must keep to all other bounds.
"""

from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import poisson

from dnsanom.model.paired import Gain
from dnsanom.model.scoring import Metrics
from dnsanom.params import Gate
from dnsanom.schema import BENIGN

#: A number of false alerts that chance would exceed this rarely, were the budget kept, breaks it.
RARELY = 0.05


@dataclass(frozen=True)
class Tried:
    """A model on the test rows: its figures, rows a second on this machine, bytes of its files if known."""

    metrics: Metrics
    rows_per_second: float
    size: int | None = None


@dataclass(frozen=True)
class Check:
    """One condition: whether it holds, in words, with the two values and the bound where it has them."""

    name: str
    ok: bool
    words: str
    candidate: float | None = None
    champion: float | None = None
    bound: float | None = None


@dataclass(frozen=True)
class Verdict:
    """Promote or keep, and why, the deciding reason first; `checks` are the conditions behind it."""

    promote: bool
    reasons: tuple[str, ...]
    checks: tuple[Check, ...] = ()

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Budget:
    """False alerts a day that analysts can live with, and the days that the test rows span."""

    per_day: float
    days: float


def verdict(
    candidate: Tried,
    champion: Tried | None,
    gain: Gain | None,
    gate: Gate,
    budget: Budget,
    apart: Check | None = None,
) -> Verdict:
    """Judge a candidate by its test figures and those of the champion; None for no champion.

    `gain` is the candidate's macro-F1 less the champion's, with its interval. `apart` is the condition in
    place of that where there is a champion that can't be tried on these rows.
    """
    if not any(row["support"] for v, row in candidate.metrics["vectors"].items() if v != BENIGN):
        nothing = "the test rows hold no attack, so there is nothing to compare on"
        return Verdict(False, (nothing,), (Check("attacks", False, nothing),))
    if champion is None or gain is None:
        checks = [apart, _own(candidate)] if apart else [_own(candidate, "first champion: ")]
        changes: list[str] = []
    else:
        checks = [_gain(candidate, champion, gain, gate), _losses(candidate, champion, gate)]
        changes = _changes(candidate.metrics, champion.metrics)
    checks += [
        _alerts(candidate, champion, budget, binding=bool(champion or apart)),
        _speed(candidate, champion, gate),
        _size(candidate, gate),
    ]
    ordered = sorted(checks, key=lambda check: check.ok)
    reasons = [check.words for check in ordered]
    return Verdict(all(check.ok for check in checks), (*reasons[:1], *changes, *reasons[1:]), tuple(checks))


def _own(candidate: Tried, before: str = "") -> Check:
    own = candidate.metrics["macro_f1"]
    return Check(
        "macro_f1", True, f"{before}macro-F1 {own:.4f} on {candidate.metrics['rows']:,} test rows", own
    )


def _gain(candidate: Tried, champion: Tried, gain: Gain, gate: Gate) -> Check:
    new, old = candidate.metrics["macro_f1"], champion.metrics["macro_f1"]
    enough, sure = gain.value > gate.min_gain, gain.low > gate.min_gain
    compared = (
        f"macro-F1 {new:.4f} against the champion's {old:.4f} on the same {candidate.metrics['rows']:,}"
    )
    interval = f"95 % interval {gain.low:+.4f} to {gain.high:+.4f}"
    rule = "more" if enough and sure else "not more" if not enough else "not surely more"
    told = f"a gain of {gain.value:+.4f} ({interval}), {rule} than gate.min_gain {gate.min_gain:g}"
    return Check("macro_f1", enough and sure, f"{compared} test rows: {told}", new, old, gate.min_gain)


def _losses(candidate: Tried, champion: Tried, gate: Gate) -> Check:
    change = _change(candidate.metrics, champion.metrics)
    lost = {v: c for v, c in change.items() if round(c, 6) < -gate.max_vector_loss}
    worst = min(change.values(), default=0.0)
    bound = f"gate.max_vector_loss {gate.max_vector_loss:g}"
    named = ", ".join(f"{v} {c:+.2f}" for v, c in lost.items())
    told = f"F1 falls by more than {bound}: {named}" if lost else f"no vector's F1 falls by more than {bound}"
    return Check("vectors", not lost, told, worst, None, -gate.max_vector_loss)


def _alerts(candidate: Tried, champion: Tried | None, budget: Budget, binding: bool) -> Check:
    new = candidate.metrics["false_alerts_per_day"]
    old = champion.metrics["false_alerts_per_day"] if champion else None
    over = broken(new, budget)
    ok = not over or not binding or (old is not None and new <= old)
    rule = "over" if over else "within, but for chance," if new > budget.per_day else "within"
    told = f"false alerts a day {new:g}, {rule} the budget of {budget.per_day:g}"
    found = f"episodes found {_found(candidate.metrics)}"
    if champion and old is not None:
        told += f", the champion's {old:g}"
        found += f", the champion's {_found(champion.metrics)}"
    return Check("false_alerts_per_day", ok, f"{told}; {found}", new, old, budget.per_day)


def broken(per_day: float, budget: Budget) -> bool:
    """Whether so many false alerts a day in the test's time are more than chance makes of the budget."""
    seen, expected = round(per_day * budget.days), budget.per_day * budget.days
    return bool(per_day > budget.per_day and poisson.sf(seen - 1, expected) < RARELY)


def _speed(candidate: Tried, champion: Tried | None, gate: Gate) -> Check:
    new, least = candidate.rows_per_second, gate.min_rows_per_second
    old = champion.rows_per_second if champion else None
    told = f"{new:,.0f} rows/s" + (f", the champion's {old:,.0f}" if old else "")
    rule = "at least" if new >= least else "under"
    return Check(
        "rows_per_second",
        new >= least,
        f"{told}: {rule} gate.min_rows_per_second {least:,.0f}",
        new,
        old,
        least,
    )


def _size(candidate: Tried, gate: Gate) -> Check:
    size, most = candidate.size or 0, gate.max_model_bytes
    rule = "within" if size <= most else "over"
    return Check(
        "bytes", size <= most, f"{size:,} bytes: {rule} gate.max_model_bytes {most:,}", size, None, most
    )


def _change(candidate: Metrics, champion: Metrics) -> dict[str, float]:
    """By how much the F1 of each vector that occurs has changed."""
    old = {v: row["f1"] for v, row in champion["vectors"].items()}
    return {v: row["f1"] - old.get(v, 0.0) for v, row in candidate["vectors"].items() if row["support"]}


def _changes(candidate: Metrics, champion: Metrics) -> list[str]:
    """One line for the vectors that gained F1 and one for those that lost, by at least 0.005."""
    change = _change(candidate, champion)
    lines = {
        "better": {v: c for v, c in change.items() if c >= 0.005},
        "worse": {v: c for v, c in change.items() if c <= -0.005},
    }
    return [
        f"{word}: {', '.join(f'{v} {c:+.2f}' for v, c in some.items())}"
        for word, some in lines.items()
        if some
    ]


def _found(figures: Metrics) -> str:
    episodes = figures["episodes"].values()
    return f"{sum(e['flagged'] for e in episodes)} of {sum(e['episodes'] for e in episodes)}"
