"""Alerts that follow the lake: new windows join the incidents they belong to, which keep their ids."""

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from dnsanom.detect.alert import Alert, ModelRef
from dnsanom.detect.build import build
from dnsanom.detect.merge import PAIR, Merging
from dnsanom.detect.score import Span
from dnsanom.detect.state import State
from dnsanom.detect.tell import Teller, core
from dnsanom.detect.vectors import reach


@dataclass(frozen=True)
class Followed:
    """Alerts that are new or have changed, ids of those that are no more, and how many were too small."""

    alerts: list[Alert]
    withdrawn: tuple[str, ...]
    lone: int


def follow(
    state: State,
    spans: list[Span],
    fresh: pd.DataFrame,
    merging: Merging,
    teller: Teller,
    model: ModelRef,
) -> Followed:
    """Put freshly flagged windows of the spans in place of the earlier ones, and tell what that changes.

    What was told of an alert that has not changed stands, though its peers' usual values may have moved.
    """
    if not spans:
        return Followed([], (), 0)
    earlier = state.near(spans, reach(merging.seconds))
    old = state.windows(earlier)
    kept = old[[not _inside(spans, w) for w in old["window"]]] if len(old) else old
    filled = [part for part in (fresh, kept.drop(columns="alert", errors="ignore")) if len(part)]
    windows = pd.concat(filled, ignore_index=True) if filled else fresh
    merged = merging.incidents(windows)
    alerts = build(merged, teller.history.view, teller.bundle.card, model)
    names = _names(alerts, merged, old)
    alerts = [Alert({**alert, "id": names[n]}) for n, alert in enumerate(alerts)]
    alerts = _told(alerts, merged, earlier, merging, teller)
    state.forget(earlier)
    state.keep(
        alerts,
        merged.assign(vector=merged["said"], alert=merged["incident"].map(names)).drop(
            columns=["said", "incident", "side"]
        ),
    )
    loud = {alert["id"]: alert for alert in alerts if _alerted(merging, alert)}
    changed = [alert for id_, alert in loud.items() if earlier.get(id_) != alert]
    withdrawn = {id_ for id_, alert in earlier.items() if _alerted(merging, alert)} - set(loud)
    lone = sum(not _alerted(merging, a) and earlier.get(a["id"]) != a for a in alerts)
    return Followed(changed, tuple(sorted(withdrawn)), lone)


def _told(
    alerts: list[Alert], merged: pd.DataFrame, earlier: dict[str, Alert], merging: Merging, teller: Teller
) -> list[Alert]:
    """The alerts with what is told of them: as it was where nothing changed, anew where it did.

    Nothing is told of what is too small to be alerted.
    """
    alerts = [_as_before(alert, earlier.get(alert["id"])) for alert in alerts]
    fresh = [n for n, alert in enumerate(alerts) if not alert["evidence"] and _alerted(merging, alert)]
    parts = dict(list(merged.groupby("incident", sort=True))) if fresh else {}
    told = teller.tell([alerts[n] for n in fresh], [parts[n] for n in fresh], merged)
    for n, alert in zip(fresh, told, strict=True):
        alerts[n] = alert
    return alerts


def _as_before(alert: Alert, before: Alert | None) -> Alert:
    return before if before and core(before) == core(alert) else alert


def _inside(spans: list[Span], window: int) -> bool:
    return any(span.since <= window < span.until for span in spans)


def _names(alerts: list[Alert], merged: pd.DataFrame, old: pd.DataFrame) -> dict[int, str]:
    """Incident → id: the earlier id that most of its windows had, else the one that its beginning gives it.

    An earlier id goes to one incident only, first to the one that begins as the earlier did.
    """
    earlier = (
        {tuple(key): id_ for *key, id_ in old[[*PAIR, "alert"]].itertuples(index=False)} if len(old) else {}
    )
    votes: Counter[tuple[int, str]] = Counter()
    for *key, incident in merged[[*PAIR, "incident"]].itertuples(index=False):
        if tuple(key) in earlier:
            votes[incident, earlier[tuple(key)]] += 1
    names: dict[int, str] = {}
    for incident, id_ in sorted(votes, key=lambda v: (alerts[v[0]]["id"] != v[1], -votes[v], v)):
        if incident not in names and id_ not in names.values():
            names[incident] = id_
    return {n: names.get(n, alert["id"]) for n, alert in enumerate(alerts)}


def _alerted(merging: Merging, alert: Alert) -> bool:
    return merging.alerted(alert["windows"], alert["packets"])
