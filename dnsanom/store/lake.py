"""The lake: validated flows as Parquet, by hour of `first_seen`.

`lake/date=YYYY-MM-DD/hour=HH/<export-id>.parquet` holds one export's flows of one hour (hive partitions,
UTC). An export's files are named by its key, so writing it again puts its rows in the place of the earlier
ones.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store.export import export_id

HOUR = timedelta(hours=1)
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Staged:
    """An export's flows in files outside the lake, one an hour, ready to be published; `rows` in all."""

    export_key: str
    rows: int = 0
    files: tuple[tuple[datetime, Path], ...] = ()


def write(lake: Path, flows: pa.Table, export_key: str, known: bool = True) -> int:
    """Write an export's flows (FLOW_SCHEMA, no null `first_seen`) and return how many there are.

    Each file appears whole, by a rename, or not at all. `known` False saves looking for files of an earlier
    version, for an export that was never written before.
    """
    flows = flows.select(FLOW_SCHEMA.names).cast(FLOW_SCHEMA)
    before = set(_files(lake, export_key)) if known else set()
    written = {_write_hour(_folder(lake, hour), part, export_key) for hour, part in _by_hour(flows)}
    for stale in before - written:
        stale.unlink(missing_ok=True)
    return int(flows.num_rows)


def stage(folder: Path, flows: pa.Table, export_key: str) -> Staged:
    """Write an export's flows to a folder beside the lake, on its file system, for `publish`."""
    flows = flows.select(FLOW_SCHEMA.names).cast(FLOW_SCHEMA)
    files = []
    for hour, part in _by_hour(flows):
        file = folder / f"{export_id(export_key)}.{hour:%Y%m%d%H}.parquet"
        _save(part, file)
        files.append((hour, file))
    return Staged(export_key, flows.num_rows, tuple(files))


def publish(lake: Path, staged: Staged, known: bool = True) -> int:
    """Bring staged flows into the lake by renames, in place of the export's earlier ones, as `write` does."""
    before = set(_files(lake, staged.export_key)) if known else set()
    for hour, file in staged.files:
        target = _folder(lake, hour) / f"{export_id(staged.export_key)}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        file.replace(target)
        before.discard(target)
    for stale in before:
        stale.unlink(missing_ok=True)
    return staged.rows


def remove(lake: Path, *export_keys: str) -> int:
    """Take exports' flows out of the lake, in one walk over it, and return how many files they were."""
    names = {f"{export_id(key)}.parquet" for key in export_keys}
    pattern = min(names) if len(names) == 1 else "*.parquet"
    files = [file for file in lake.glob(f"date=*/hour=*/{pattern}") if file.name in names]
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def hours(lake: Path) -> list[datetime]:
    """The hours that the lake holds flows of, in order."""
    folders = lake.glob("date=*/hour=*")
    return sorted(_hour(folder) for folder in folders if any(folder.glob("*.parquet")))


def read(
    lake: Path,
    since: datetime | None = None,
    until: datetime | None = None,
    connection: Backend | None = None,
) -> ibis.Table:
    """The flows with since <= first_seen < until, FLOW_SCHEMA's columns, as an Ibis table on DuckDB.

    Only files of those hours are opened. A time without an offset is UTC.
    """
    backend = connection or ibis.duckdb.connect()
    since, until = _utc(since), _utc(until)
    wanted = (hour for hour in hours(lake) if _meets(hour, since, until))
    files = [str(file) for hour in wanted for file in sorted(_folder(lake, hour).glob("*.parquet"))]
    schema = ibis.Schema.from_pyarrow(FLOW_SCHEMA)
    if files:
        table = backend.read_parquet(files, hive_partitioning=False).select(*schema)
    else:
        table = backend.create_table(ibis.util.gen_name("flows"), schema=schema)
    if since is not None:
        table = table.filter(table.first_seen >= since)
    if until is not None:
        table = table.filter(table.first_seen < until)
    # DuckDB counts microseconds; the schema says milliseconds.
    return table.cast({"first_seen": schema["first_seen"]})


def _by_hour(flows: pa.Table) -> Iterator[tuple[datetime, pa.Table]]:
    """The flows hour by hour; most exports lie in one, and nothing is copied then."""
    starts = flows["first_seen"].cast(pa.int64()).to_numpy() // _HOUR_MS
    if not len(starts):
        return
    found = np.unique(starts) if starts.min() < starts.max() else starts[:1]
    for start in found:
        part = flows if len(found) == 1 else flows.filter(pa.array(starts == start))
        yield datetime.fromtimestamp(int(start) * HOUR.total_seconds(), UTC), part


def _write_hour(folder: Path, flows: pa.Table, export_key: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = export_id(export_key)
    target, beside = folder / f"{name}.parquet", folder / f".{name}.{os.getpid()}.tmp"
    try:
        _save(flows, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


def _save(flows: pa.Table, path: Path) -> None:
    with path.open("wb") as file:
        pq.write_table(flows, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def _files(lake: Path, export_key: str) -> list[Path]:
    return list(lake.glob(f"date=*/hour=*/{export_id(export_key)}.parquet"))


def _folder(lake: Path, hour: datetime) -> Path:
    return lake / f"date={hour:%Y-%m-%d}" / f"hour={hour:%H}"


def _hour(folder: Path) -> datetime:
    day = date.fromisoformat(folder.parent.name.removeprefix("date="))
    return datetime(day.year, day.month, day.day, int(folder.name.removeprefix("hour=")), tzinfo=UTC)


def _meets(hour: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or hour + HOUR > since) and (until is None or hour < until)


def _utc(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo else time.replace(tzinfo=UTC)
