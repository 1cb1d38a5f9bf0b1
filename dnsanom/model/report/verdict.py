"""The report in a few sentences, each made of figures: what is found, what is not, where a baseline wins."""

from collections.abc import Iterator
from typing import Any

from dnsanom.model.evaluation import Evaluation
from dnsanom.model.report.names import listed, named, percent, rate, words
from dnsanom.schema import BENIGN

#: F1 by which a baseline must be better at a vector for the report to say so.
MARGIN = 0.05


def sentences(done: Evaluation) -> list[str]:
    """The verdict, the most important first."""
    return [
        *_found(done),
        *_vectors(done),
        *_baselines(done),
        *_attackers(done),
        *_random(done.parts.get("random_split"), done.best["macro_f1"]),
        *_sampling(done.parts.get("sampling")),
        *_left_out(done.parts.get("left_out")),
    ]


def _found(done: Evaluation) -> Iterator[str]:
    best = done.best
    episodes, false = best["episode_recall"], best["false_alerts_per_day"]
    between = f"95 % interval {best['false_alerts_low']:,.0f} to {best['false_alerts_high']:,.0f}"
    if not episodes["episodes"]:
        alerts = f"False alerts a day: {false:,.1f} ({between})"
        yield f"These rows hold no attack. {alerts}; the budget is {done.budget:g}."
        return
    within = "within" if false <= done.budget else "over"
    chance = false > done.budget >= best["false_alerts_low"]
    budget = f"the budget of {done.budget:g}" + (", which chance alone may do" if chance else "")
    yield (
        f"{named(done.chosen)} finds {episodes['found']} of {episodes['episodes']} attack episodes "
        f"({percent(episodes['share'])}; 95 % interval {percent(episodes['low'])} to "
        f"{percent(episodes['high'])}), at {false:,.1f} false alerts a day ({between}): "
        f"{within} {budget}. "
        f"{percent(best['alert_precision'])} of its alerts hold an attack."
    )


def _vectors(done: Evaluation) -> Iterator[str]:
    episodes = done.best["episodes"]
    whole = [words(v) for v, row in episodes.items() if row["found"] == row["episodes"]]
    missed = [
        f"{words(v)} ({row['episodes'] - row['found']} of {row['episodes']} missed)"
        for v, row in episodes.items()
        if row["found"] < row["episodes"]
    ]
    if whole:
        yield f"Every episode is found of {listed(whole)}."
    if missed:
        yield f"Not all are found of {listed(missed)}."
    f1 = {v: row["f1"] for v, row in done.best["vectors"].items() if row["support"] and v != BENIGN}
    weak = [f"{words(v)} ({value:.2f})" for v, value in sorted(f1.items(), key=lambda x: x[1]) if value < 0.5]
    if weak:
        yield f"Row by row it does not tell these for what they are (F1 below one half): {listed(weak)}."


def _baselines(done: Evaluation) -> Iterator[str]:
    own = done.best["macro_f1"]
    better = {name: f["macro_f1"] for name, f in done.baselines.items() if f["macro_f1"] >= own}
    for name, value in better.items():
        against = f"against {named(done.chosen)}, {own:.3f}"
        yield f"A baseline wins: {named(name)}, macro-F1 {value:.3f}, {against}."
    if done.baselines and not better:
        name, figures = max(done.baselines.items(), key=lambda item: item[1]["macro_f1"])
        nearest = f"{named(name)} comes nearest, {figures['macro_f1']:.3f}"
        yield f"No baseline has a better macro-F1 than its {own:.3f}; {nearest}."
    for name, figures in done.baselines.items():
        at = [words(v) for v, row in figures["vectors"].items() if row["f1"] > _f1(done, v) + MARGIN]
        if at and name not in better:
            yield f"At {listed(at)} the baseline of {named(name)} does better all the same (F1)."


def _f1(done: Evaluation, vector: str) -> float:
    row = done.best["vectors"].get(vector)
    return float(row["f1"]) if row and row["support"] else 1.0


def _attackers(done: Evaluation) -> Iterator[str]:
    seen, never = (done.best["attackers"][key] for key in ("seen in training", "never seen"))
    if seen["episodes"] and never["episodes"]:
        yield (
            f"Of attackers never seen in training it finds {never['found']} of {never['episodes']} episodes, "
            f"of those seen {seen['found']} of {seen['episodes']}."
        )


def _random(split: dict[str, Any] | None, own: float) -> Iterator[str]:
    if split:
        gain = split["macro_f1"] - own
        what = f"flatters by {gain:.3f}" if gain > 0 else f"would not have flattered ({gain:+.3f})"
        yield f"On a random split the same setting has macro-F1 {split['macro_f1']:.3f}: that {what}."


def _sampling(rates: dict[str, Any] | None) -> Iterator[str]:
    for n, figures in (rates or {}).items():
        if figures["lacking"]:
            yield f"At 1:{n} sampling nothing could be learnt: {figures['lacking']}."
            continue
        recall = figures["episode_recall"]
        unseen = [text for v, edge in figures["visible"].items() if (text := hidden(words(v), edge))]
        yield (
            f"At 1:{n} sampling {recall['found']} of {recall['episodes']} episodes are found. "
            + (f"Not seen there: {'; '.join(unseen)}." if unseen else "No strength is hidden as a whole.")
        )


def hidden(name: str, edge: dict[str, Any]) -> str | None:
    """What cannot be seen of a vector, if strength decides it."""
    if edge["kind"] == "none":
        return f"{name} at all (up to {rate(edge['strength'])} tried)"
    if edge["kind"] == "under":
        return f"{name} under {rate(edge['strength'])} ({edge['below_found']} of {edge['below']} found)"
    return None


def _left_out(told: dict[str, Any] | None) -> Iterator[str]:
    if told:
        found = sum(row["episodes_found"] for row in told.values())
        of, unknown = (sum(row[key] for row in told.values()) for key in ("episodes", "episodes_unknown"))
        blind = [words(v) for v, row in told.items() if row["found"] < 0.1]
        yield (
            f"Had a vector never been labelled, {found} of {of} episodes would still be found, "
            f"{unknown} as unknown" + (f"; hardly a row of {listed(blind)}." if blind else ".")
        )
