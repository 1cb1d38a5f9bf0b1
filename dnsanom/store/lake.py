"""The lake: validated flows as Parquet, by hour of `first_seen`.

`lake/date=YYYY-MM-DD/hour=HH/<export-id>.parquet` holds one export's flows of one hour (hive partitions,
UTC). An export's files are named by its key, so writing it again puts its rows in the place of the earlier
ones.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store.export import export_id

HOUR = timedelta(hours=1)


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


def remove(lake: Path, export_key: str) -> int:
    """Take an export's flows out of the lake and return how many files they were."""
    files = _files(lake, export_key)
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
    starts = pc.floor_temporal(flows["first_seen"], unit="hour")
    for start in pc.unique(starts):
        yield start.as_py(), flows.filter(pc.equal(starts, start))


def _write_hour(folder: Path, flows: pa.Table, export_key: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = export_id(export_key)
    target, beside = folder / f"{name}.parquet", folder / f".{name}.{os.getpid()}.tmp"
    try:
        with beside.open("wb") as file:
            pq.write_table(flows, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target


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
