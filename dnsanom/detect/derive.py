"""An alert derived again from its exports: from the lake, or decoded anew from the store or from files."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pandas as pd

from dnsanom.detect.alert import Alert, Unread
from dnsanom.detect.detect import Run
from dnsanom.detect.differ import differences
from dnsanom.detect.gather import gather
from dnsanom.detect.vectors import reach
from dnsanom.settings import Settings
from dnsanom.store import lake as lakes
from dnsanom.store.export import export_id
from dnsanom.store.lake_files import Folder, files

#: Flows that are shown.
FIRST = 8


@contextmanager
def lake_of(settings: Settings, alert: Alert, fetch: bool) -> Iterator[tuple[Folder, bool, list[Unread]]]:
    """A lake that holds the alert's exports: the lake itself, which is True, or one of them alone.

    They are fetched anew where the lake lacks one or `fetch` says so: by the path or the s3:// URL that a key
    is, else by key from the configured bucket. Those that can't be read are named.
    """
    held = {one for all_ in files(settings.lake).values() for file in all_ for one in file.exports}
    if not fetch and all(export_id(key) in held for key in alert["exports"]):
        yield settings.lake, True, []
        return
    with TemporaryDirectory(prefix="dnsanom-") as folder:
        lake = Path(folder) / "lake"
        sources = [_source(settings, key) for key in alert["exports"]]
        gathered = gather(settings, sources, lake)
        yield lake, False, gathered.unread


def _source(settings: Settings, key: str) -> str:
    stored = settings.s3.endpoint or settings.s3.access_key
    if key.startswith("s3://") or Path(key).exists() or not stored:
        return key
    return f"s3://{settings.s3.bucket}/{key}"


def derive(run: Run, lake: Folder, alert: Alert, around: bool) -> Alert | None:
    """The alert that the lake's flows give, the one that is most like the recorded; None if there is none.

    Windows before and after are scored, too, since they may join. If that gives another alert, it is tried
    once more without the hours that the model learned from, which a first champion passes over.
    """
    first, last = _epoch(alert["spans"][0][0]), _epoch(alert["spans"][-1][1])
    margin = reach(run.settings.params.detect.merge_seconds)
    learned, found = run.learned_until(), None
    for only in (None, (learned, last + margin)) if learned > first - margin else (None,):
        again = _most_like(alert, run.over_span(lake, first - margin, last + margin, only))
        if again and not differences(alert, again, around):
            return again
        found = found or again
    return found


def _most_like(alert: Alert, found: list[Alert]) -> Alert | None:
    """The alert of this id, else of these ends and this time, the one that shares most of its time."""
    alike = [
        (other["id"] == alert["id"], _common(alert, other), other)
        for other in found
        if (other["client"], other["server"]) == (alert["client"], alert["server"])
        or other["peak"] == alert["peak"]
    ]
    alike = [one for one in alike if one[0] or one[1] > 0]
    return max(alike, key=lambda one: one[:2])[2] if alike else None


def _common(one: Alert, other: Alert) -> float:
    """Seconds that two alerts share, from their first window to their last."""
    since = max(_epoch(one["spans"][0][0]), _epoch(other["spans"][0][0]))
    until = min(_epoch(one["spans"][-1][1]), _epoch(other["spans"][-1][1]))
    return max(until - since, 0)


def first_flows(lake: Folder, alert: Alert, seconds: int) -> list[dict[str, Any]]:
    """The first flows of the alert's peak window between the two ends of its peak, in order of time."""
    peak = alert["peak"]
    since = pd.Timestamp(peak["window"])
    flows = lakes.read(lake, since, since + pd.Timedelta(seconds=seconds))
    ends = sorted((peak["client"], peak["server"]))
    pair = (ibis.least(flows.src_ip, flows.dst_ip) == ends[0]) & (
        ibis.greatest(flows.src_ip, flows.dst_ip) == ends[1]
    )
    ordered = flows.filter(pair).order_by("first_seen", "src_ip", "src_port").limit(FIRST)
    found: list[dict[str, Any]] = ordered.to_pyarrow().to_pylist()
    return found


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
