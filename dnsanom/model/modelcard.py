"""The model card of a version as Markdown: data, labels, splits, figures, limits and how to make it again.

Every line is written from what the stages recorded: the bundle's card, the data set's summary.json, the
report's metrics.json. What they do not say is left out, so nothing here can go stale.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dnsanom.model.bundle import Bundle
from dnsanom.model.recorded import recorded
from dnsanom.model.traffic import SUMMARY
from dnsanom.schema import ATTACKS, BENIGN, FEATURES
from dnsanom.settings import Settings

CARD_FILE = "model_card.md"
NAMES = {"knn": "k nearest neighbours", "svm": "support vector machine"}
#: Recall by episode below which a vector stands among the limits.
LITTLE = 0.5


def markdown(
    settings: Settings,
    view: str,
    bundle: Bundle,
    version: str,
    verdict: str,
    reasons: tuple[str, ...],
) -> str:
    """The card of a version that the gate has judged."""
    report = recorded(settings.report(view) / "metrics.json")
    summary = recorded(settings.dataset(view) / SUMMARY)
    figures = report.get("models", {}).get(bundle.card["model"], report)
    parts = [
        _head(bundle.card, version, verdict, reasons),
        _section("Data", _data(settings, bundle.card, summary)),
        _section("Labels and splits", _labels(report, summary)),
        _section("Figures on the test rows", _figures(settings, bundle.card, figures, report)),
        _section("Vectors", _vectors(figures, _intervals(bundle.card, report))),
        _section("Sampling", _sampling(settings, report)),
        _section("Limits", _limits(bundle.card, figures, report, view)),
        _section("Make it again", _again(bundle.card, view)),
    ]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _head(card: Mapping[str, Any], version: str, verdict: str, reasons: tuple[str, ...]) -> list[str]:
    setting = ", ".join(f"{name} {value}" for name, value in card["setting"].items())
    return [
        f"# {card['name']} version {version}",
        "",
        f"{NAMES.get(card['model'], card['model'])} ({setting}), {card['view']} view; **{verdict}**",
        "",
        *(f"- {reason}" for reason in reasons),
        "",
    ]


def _data(settings: Settings, card: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[str]:
    yield f"- data set `{card['data_md5']}`"
    sides = summary.get("sides", {})
    if sides:
        ends = [side[end] for side in sides.values() for end in ("start", "end") if side.get(end)]
        flows = sum(row.get("flows", 0) for side in sides.values() for row in side["vectors"])
        yield f"- {min(ends)} to {max(ends)}, {summary['rows']:,} rows, {flows:,} flows on the three sides"
    for why, count in summary.get("left_out", {}).items():
        if isinstance(count, int):
            yield f"- left out: {count:,} rows, {why.replace('_', ' ')}"
    features = {f.name: f for f in FEATURES[str(card["view"])]}
    yield "- features: " + "; ".join(
        f"`{name}` ({features[name].meaning})" for name in card["features"] if name in features
    )
    yield f"- windows of {card['window_seconds']} s"


def _labels(report: Mapping[str, Any], summary: Mapping[str, Any]) -> Iterator[str]:
    if "labels" in report:
        yield f"- {report['labels']}"
    for side, told in summary.get("sides", {}).items():
        sources: dict[str, int] = {}
        for row in told["vectors"]:
            source = str(row["label_source"])
            sources[source] = sources.get(source, 0) + int(row["rows"])
        named = ", ".join(f"{source} {count:,}" for source, count in sorted(sources.items()))
        yield f"- {side}: {told.get('start')} to {told.get('end')}, {told['rows']:,} rows (labels: {named})"


def _figures(
    settings: Settings, card: Mapping[str, Any], figures: Mapping[str, Any], report: Mapping[str, Any]
) -> Iterator[str]:
    ends = _interval(_intervals(card, report).get("macro"))
    if "macro_f1" in figures:
        yield f"- macro-F1 {figures['macro_f1']}{ends}, PR-AUC {figures['pr_auc']}"
    for name in ("macro_f1_at_threshold", "precision", "recall", "alert_precision"):
        if name in figures:
            yield f"- {name.replace('_', ' ')} {figures[name]}"
    for who, told in {"all": figures.get("episode_recall"), **figures.get("attackers", {})}.items():
        if told and told["episodes"]:
            yield f"- episodes found, attackers {who}: {told['found']} of {told['episodes']}"
    for name, told in report.get("baselines", {}).items():
        yield f"- beside it, {name}: macro-F1 {told['macro_f1']}"
    budget = settings.params.detect.false_alerts_per_day
    threshold = f"{float(card['threshold']):.4f}"
    yield f"- alert from a score of {threshold}, for {budget:g} false alerts a day on validation rows"
    if "false_alerts_per_day" in figures:
        low, high = (figures.get(f"false_alerts_{end}") for end in ("low", "high"))
        between = "" if low is None else f" (95 % interval {low:,.0f} to {high:,.0f})"
        yield f"- {figures['false_alerts_per_day']:g} false alerts a day on test rows{between}"


def _intervals(card: Mapping[str, Any], report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Intervals of F1 by vector, which the report has of the model that it chose."""
    intervals: Mapping[str, Any] = report.get("f1_intervals", {})
    return intervals if report.get("chosen") == card["model"] else {}


def _interval(ends: Sequence[float] | None) -> str:
    return f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else ""


def _vectors(figures: Mapping[str, Any], intervals: Mapping[str, Any]) -> Iterator[str]:
    yield "| vector | F1 (95 % interval) | precision | recall | rows | episodes found |"
    yield "| --- | --- | --- | --- | --- | --- |"
    episodes = figures.get("episodes", {})
    for vector, row in figures.get("vectors", {}).items():
        found = episodes.get(vector)
        of = f"{found['flagged']} of {found['episodes']}" if found else "–"
        values = " | ".join(f"{row[name]:.3f}" for name in ("precision", "recall"))
        f1 = f"{row['f1']:.3f}{_interval(intervals.get(vector))}"
        yield f"| {vector} | {f1} | {values} | {row['support']:,} | {of} |"


def _sampling(settings: Settings, report: Mapping[str, Any]) -> Iterator[str]:
    for rate, told in report.get("sampling", {}).items():
        if told.get("lacking"):
            yield f"- 1:{rate}: nothing can be learned: {told['lacking']}"
            continue
        found = f"{told['episode_recall']['found']} of {told['episode_recall']['episodes']} episodes found"
        yield f"- 1:{rate}: macro-F1 {told['macro_f1']}, {found}"
        for vector, edge in told["visible"].items():
            yield from (f"  - {line}" for line in _edge(vector, edge))
    for rule in settings.params.sampling:
        where = ", ".join(str(network) for network in rule.exporters) or "all exporters"
        yield f"- policy of {where}: {rule.policy}"


def _edge(vector: str, edge: Mapping[str, Any]) -> Iterator[str]:
    """What of a vector is not seen at a sampling rate, by its strength."""
    if edge["kind"] == "none":
        yield f"{vector} is not seen, up to {edge['strength']:,} bytes/s"
    elif edge["kind"] == "under":
        found = f"{edge['below_found']} of {edge['below']} found"
        yield f"{vector} under {edge['strength']:,} bytes/s is mostly not seen ({found})"


def _limits(
    card: Mapping[str, Any], figures: Mapping[str, Any], report: Mapping[str, Any], view: str
) -> Iterator[str]:
    unlearned = [vector for vector in ATTACKS if vector not in card["classes"]]
    if unlearned:
        yield f"- never learned, so at best told as unknown: {', '.join(unlearned)}"
    support = {v: row["support"] for v, row in figures.get("vectors", {}).items() if v != BENIGN}
    untested = [v for v in card["classes"] if v != BENIGN and not support.get(v)]
    if untested:
        yield f"- no test row, so nothing is known: {', '.join(untested)}"
    for vector, row in figures.get("episodes", {}).items():
        if row["episodes"] and row["flagged"] / row["episodes"] < LITTLE:
            yield f"- {vector}: only {row['flagged']} of {row['episodes']} episodes are found"
    for vector, row in report.get("left_out", {}).items():
        found, unknown = f"{100 * row['found']:.0f} %", f"{100 * row['unknown']:.0f} %"
        yield f"- had it not learned {vector}: {found} of its rows found, {unknown} as unknown"
    told = {f.name for f in FEATURES[view]} - set(card["features"])
    yield f"- not seen by the model: {', '.join(sorted(told)) or 'none'}; names and contents: flows lack them"


def _again(card: Mapping[str, Any], view: str) -> Iterator[str]:
    yield f"- code `{card['code']}`, data set `{card['data_md5']}` (`dvc pull`)"
    yield f"- `dvc repro evaluate@{view}`, then `dnsanom promote --view {view}`"


def _section(title: str, lines: Iterator[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""]
