"""A challenger beside the champion on the same hours of the lake: what each would alert.

Nobody is alerted. Both models read the lake by themselves, with a memory that only this pair has, so that
neither the champion's alerts nor what it has scored so far are touched, and the comparison goes on with each
run.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from dnsanom.detect import state
from dnsanom.detect.build import in_order
from dnsanom.detect.detect import Run
from dnsanom.detect.difference import Difference, Side, compare
from dnsanom.detect.merge import merging
from dnsanom.errors import BadUseError
from dnsanom.model import registry, tracking
from dnsanom.model.bundle import Bundle, open_bundle
from dnsanom.settings import Settings


def shadow(
    settings: Settings,
    view: str,
    challenger: str | None = None,
    since: datetime | None = None,
    now: float | None = None,
) -> Difference:
    """Score what the lake got since this pair of models was last compared, and compare all that they alert.

    `challenger` is a version's number, a folder or an MLflow URI; by default the alias `challenger`. Hours
    before `since` are left alone, by default those that either model has learned from. Raises RegistryError
    where there is no such model, NoChampionError without a champion.
    """
    champion = open_bundle(settings, view)
    rival = open_bundle(settings, view, _source(settings, view, challenger))
    pair = [state.model_of(bundle.card) for bundle in (champion, rival)]
    if pair[0] == pair[1]:
        raise BadUseError(f"{view}: the challenger is the champion itself; name another one by --challenger")
    since, now = since or _unlearned(champion, rival), now or time.time()
    _forget_others(settings, view, pair)
    sides = [
        _side(settings, view, bundle, f"{_prefix(view)}{' '.join(pair)} {role}", since, now)
        for role, bundle in (("champion", champion), ("challenger", rival))
    ]
    length = max(int(bundle.card["window_seconds"]) for bundle in (champion, rival))
    return compare(view, sides[0], sides[1], merging(settings.params, length).seconds + length)


def shadow_to(
    settings: Settings,
    view: str,
    challenger: str | None,
    out: Path,
    since: datetime | None = None,
    schedule: bool = False,
) -> Difference:
    """`shadow`, with the difference written to `out` as JSON and beside it as a page.

    With `schedule` the challenger, which must be a registered version, gets the alias `challenger`, so that
    the scheduled detection runs it from now on.
    """
    from dnsanom.detect import output_shadow

    if schedule:
        if challenger is None or not challenger.isdigit():
            raise BadUseError(
                f"--schedule: needs the number of a version by --challenger, not {challenger!r}"
            )
        open_bundle(settings, view, _source(settings, view, challenger))
        registry.point(settings, view, {tracking.CHALLENGER: challenger})
    found = shadow(settings, view, challenger, since)
    output_shadow.write(out, found)
    return found


def scheduled(settings: Settings, view: str) -> bool:
    """Whether the view's registered model has a challenger."""
    return tracking.alias_version(settings, view, tracking.CHALLENGER) is not None


def _source(settings: Settings, view: str, challenger: str | None) -> str:
    """The folder or URI of the challenger."""
    if challenger is None:
        number = tracking.alias_version(settings, view, tracking.CHALLENGER)
        challenger = registry.require(number, view, tracking.CHALLENGER)
    return f"models:/{tracking.model_name(view)}/{challenger}" if challenger.isdigit() else challenger


def _unlearned(*bundles: Bundle) -> datetime | None:
    """When the first hour begins that no model has learned from; None if they do not say."""
    ends = [bundle.card["learned_until"] for bundle in bundles if bundle.card.get("learned_until")]
    times = [datetime.fromisoformat(end).astimezone(UTC) for end in ends]
    return pd.Timestamp(max(times)).ceil("h").to_pydatetime() if times else None


def _prefix(view: str) -> str:
    return f"shadow {view} "


def _forget_others(settings: Settings, view: str, pair: list[str]) -> None:
    """Drop the memory of pairs that are compared no more, so that it does not grow with each champion."""
    state.drop(settings.data / "detect.db", _prefix(view), f"{_prefix(view)}{' '.join(pair)} ")


def _side(
    settings: Settings, view: str, bundle: Bundle, reader: str, since: datetime | None, now: float
) -> Side:
    """One model's alerts over all that it has scored in this comparison."""
    run = Run(settings, view, bundle, reader)
    found = run.over_lake(None, since, now)
    with state.opened(settings.data / "detect.db", reader) as memory:
        alerts = [a for a in memory.all() if run.is_alert(a)]
        pairs = memory.windows(alert["id"] for alert in alerts)
        first, last = memory.hours()
    return Side(found.model, found.threshold, in_order(alerts), pairs, first, last, found.scored)
