"""Flows of a time span → windows that the model flags, with what alerts need to know of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import pandas as pd

from dnsanom.dataset import noise, views
from dnsanom.detect.merge import PAIR
from dnsanom.detect.vectors import majority
from dnsanom.model import bundle as bundles
from dnsanom.model.bundle import Bundle
from dnsanom.schema import feature_names
from dnsanom.settings import Settings
from dnsanom.store import lake as lakes
from dnsanom.store.lake_files import Folder

HOUR = 3600
#: Flows that are scored at once: enough that the query's fixed cost does not count, few enough for memory.
MOST_FLOWS = 2_000_000
#: Columns of a flagged window before its features; `rows` are the view's rows that were flagged in it.
WINDOW_COLUMNS = (
    *PAIR,
    "first_seen",
    "last_seen",
    "vector",
    "score",
    "novelty",
    "rows",
    "flows",
    "packets",
    "bytes",
    "noise",
)


@dataclass(frozen=True)
class Span:
    """Windows that start at or after `since` and before `until`, both epoch seconds on a window's edge."""

    since: int
    until: int

    def before(self, cut: int) -> "Span | None":
        """What of the span is before `cut` (epoch s), None if nothing is."""
        return Span(self.since, min(self.until, cut)) if self.since < cut else None


@dataclass(frozen=True)
class ScoredSpan:
    """The flagged windows of a span, and how much was scored to find them."""

    windows: pd.DataFrame
    rows: int
    flows: int
    first: pd.Timestamp | None
    last: pd.Timestamp | None


def spans(flows: Mapping[int, int], length: int) -> list[Span]:
    """Spans that hold every window with a flow in the hours, neighbours together up to `MOST_FLOWS`.

    `flows` says how many flows each hour has (epoch s of its start). A window of a length that does not
    divide an hour may begin in the hour before.
    """
    found: list[Span] = []
    held = 0
    for hour, count in sorted(flows.items()):
        since, until = hour // length * length, -(-(hour + HOUR) // length) * length
        if found and since <= found[-1].until and held + count <= MOST_FLOWS:
            found[-1], held = Span(found[-1].since, until), held + count
        else:
            found.append(Span(max(since, found[-1].until if found else since), until))
            held = count
    return found


def score_span(lake: Folder, span: Span, settings: Settings, view: str, model: Bundle) -> ScoredSpan:
    """The windows of a span that the model flags: `WINDOW_COLUMNS`, `exports`, features as `f_NAME`."""
    length = int(model.card["window_seconds"])
    flows = lakes.read(lake, _time(span.since - length), _time(span.until + length))
    dns = settings.params.dns.model_copy(update={"window_seconds": length})
    params = settings.params
    rows = views.rows(noise.tag(flows, params.noise), view, dns, params.sampling).execute()
    rows["window"] = epoch_seconds(rows["first_seen"]) // length * length
    rows = rows[(rows["window"] >= span.since) & (rows["window"] < span.until)]
    windows = to_windows(_flagged(rows, model), view)
    return ScoredSpan(
        windows.assign(exports=pd.Series(_exports(flows, windows, length), dtype=object)),
        len(rows),
        int(rows["flow_count"].sum()),
        rows["first_seen"].min() if len(rows) else None,
        rows["last_seen"].max() if len(rows) else None,
    )


def _flagged(rows: pd.DataFrame, model: Bundle) -> pd.DataFrame:
    scores = bundles.predict(model, rows)
    marked = rows.assign(**{name: scores[name].to_numpy() for name in ("score", "vector", "novelty")})
    return marked[marked["score"] >= float(model.card["threshold"])]


def to_windows(rows: pd.DataFrame, view: str) -> pd.DataFrame:
    """Flagged rows as one row a pair and window: counts summed, vector by majority, features of the peak."""
    ordered = rows.sort_values([*PAIR, "score", "packet_count", "first_seen"])
    groups = ordered.groupby(PAIR, sort=True)
    peaks = ordered.drop_duplicates(PAIR, keep="last").set_index(PAIR)
    windows = groups.agg(
        first_seen=("first_seen", "min"),
        last_seen=("last_seen", "max"),
        score=("score", "max"),
        novelty=("novelty", "max"),
        rows=("score", "size"),
        flows=("flow_count", "sum"),
        packets=("packet_count", "sum"),
        bytes=("byte_count", "sum"),
        noise=("noise", "first"),
    )
    windows = windows.assign(vector=majority(ordered, PAIR))
    peak = peaks[feature_names(view)].add_prefix("f_")
    return windows.join(peak).reset_index()


def features_of(window: Mapping[Any, Any], view: str) -> dict[str, float]:
    """The features of a flagged window's peak row, by name."""
    return {name: float(window[f"f_{name}"]) for name in feature_names(view)}


def _exports(flows: ibis.Table, windows: pd.DataFrame, length: int) -> list[list[str]]:
    """For each flagged window the keys of the exports that its flows came from, sorted."""
    if windows.empty:
        return []
    pairs = pd.DataFrame(
        {
            "low": windows[["client", "server"]].min(axis=1),
            "high": windows[["client", "server"]].max(axis=1),
            "window": windows["window"].astype("int64"),
        }
    )
    ends = flows.mutate(
        low=ibis.least(flows.src_ip, flows.dst_ip),
        high=ibis.greatest(flows.src_ip, flows.dst_ip),
        # DuckDB's epoch has the fraction in it, which a plain cast would round.
        window=((flows.first_seen.epoch_seconds().cast("float64") / length).floor() * length).cast("int64"),
    )
    wanted = ibis.memtable(pairs.drop_duplicates())
    keys = ends.semi_join(wanted, ["low", "high", "window"]).select("low", "high", "window", "export_key")
    found = keys.distinct().execute().groupby(["low", "high", "window"])["export_key"].agg(sorted)
    return [list(keys) for keys in found.reindex(pd.MultiIndex.from_frame(pairs))]


def epoch_seconds(times: pd.Series) -> pd.Series:
    """Whole seconds since 1970 of UTC times, rounded down."""
    seconds: pd.Series = times.dt.as_unit("s").astype("int64")
    return seconds


def _time(seconds: int) -> pd.Timestamp:
    return pd.Timestamp(seconds, unit="s", tz="UTC")
