"""A version of the flows to learn from: the lake's newest complete hours, compacted, and their truth."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa

from dnsanom.dataset.parquet import stream, write_batches
from dnsanom.dataset.truth import merge_truth, read_truth, write_truth
from dnsanom.dataset.verdicts import SUFFIX, latest
from dnsanom.errors import DatasetError
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store.lake_files import Folder

HOUR = timedelta(hours=1)
#: A rotation of nfcapd: a newest hour with flows in its last five minutes has had its last export.
ROTATION = timedelta(minutes=5)


def freeze(settings: Settings, since: datetime | None = None, until: datetime | None = None) -> Path:
    """Write `hour=YYYY-MM-DDTHH.parquet` for each complete hour of the span, and what is told of it, if any:
    `truth.csv` and `verdicts.csv`.

    By default the span is the newest `dataset.days` of complete hours. An hour is complete when the lake
    holds a later one, or flows of its last five minutes. Hours that are frozen already and are not in the
    span are removed. The same lake gives the same bytes. Returns the folder; raises DatasetError with the
    lake's span if there is nothing in it.
    """
    hours = _chosen(settings, since, until)
    settings.flows.mkdir(parents=True, exist_ok=True)
    written = {_write_hour(settings, hour, since, until) for hour in hours}
    span = since or hours[0], until or hours[-1] + HOUR
    _write_told(_tables(settings, verdicts=False), *span, settings.flows / "truth.csv")
    _write_told(latest(_tables(settings, verdicts=True)), *span, settings.flows / "verdicts.csv")
    for stale in set(settings.flows.glob("*.parquet")) - written:
        stale.unlink()
    return settings.flows


def _chosen(settings: Settings, since: datetime | None, until: datetime | None) -> list[datetime]:
    held = lake.hours(settings.lake)
    complete = held if not held or _is_complete(settings.lake, held[-1]) else held[:-1]
    inside = [h for h in complete if (since is None or h + HOUR > since) and (until is None or h < until)]
    if not inside:
        span = f"{_iso(held[0])} to {_iso(held[-1] + HOUR)}" if held else "nothing; run `dnsanom pull` first"
        asked = f"{_iso(since) if since else 'any time'} to {_iso(until) if until else 'now'}"
        raise DatasetError(f"{settings.lake}: no complete hour from {asked}; the lake holds {span}")
    if since is not None:
        return inside
    first = inside[-1] + HOUR - timedelta(days=settings.params.dataset.days)
    return [hour for hour in inside if hour >= first]


def _is_complete(folder: Folder, hour: datetime) -> bool:
    late = lake.read(folder, hour + HOUR - ROTATION, hour + HOUR)
    return bool(late.count().to_pyarrow().as_py())


def _write_hour(settings: Settings, hour: datetime, since: datetime | None, until: datetime | None) -> Path:
    start, end = max(hour, since or hour), min(hour + HOUR, until or hour + HOUR)
    con = ibis.duckdb.connect()
    try:
        flows = lake.read(settings.lake, start, end, con)
        order = ["first_seen", "export_key", "row"]
        path = settings.flows / f"hour={hour.astimezone(UTC):%Y-%m-%dT%H}.parquet"
        write_batches(stream(flows.order_by(order)), pa.schema(FLOW_SCHEMA), path)
    finally:
        con.disconnect()
    return path


def _tables(settings: Settings, verdicts: bool) -> list[pd.DataFrame]:
    """Pulled truth, or pulled verdicts and after them the local ones."""
    pulled = sorted(p for p in settings.truth.glob("*.csv") if p.match(f"*{SUFFIX}") == verdicts)
    local = [settings.verdicts] if verdicts and settings.verdicts.exists() else []
    return [read_truth(path) for path in (*pulled, *local)]


def _write_told(tables: list[pd.DataFrame], since: datetime, until: datetime, path: Path) -> None:
    merged = merge_truth(tables, since, until)
    if merged is None:
        path.unlink(missing_ok=True)
    else:
        write_truth(merged, path)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
