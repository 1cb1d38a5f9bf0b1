"""The lake: validated flows as Parquet, by hour of `first_seen`, in a folder or under a prefix in S3.

`lake/date=YYYY-MM-DD/hour=HH/<export-id>.parquet` holds one export's flows of one hour (hive partitions,
UTC). An export's files are named by its key, so writing it again puts its rows in the place of the earlier
ones.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.dirfs import DirFileSystem
from ibis.backends.duckdb import Backend
from upath import UPath

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store import compact
from dnsanom.store.export import export_id
from dnsanom.store.lake_files import HOUR, Folder, LakeFile, appearing, files, folder
from dnsanom.store.stage import PARQUET, Staged, by_hour


def write(lake: Folder, flows: pa.Table, export_key: str, known: bool = True) -> int:
    """Write an export's flows (FLOW_SCHEMA, no null `first_seen`) and return how many there are.

    Each file appears whole or not at all. `known` False saves looking for files of an earlier version, for
    an export that was never written before.
    """
    flows = flows.select(FLOW_SCHEMA.names).cast(FLOW_SCHEMA)
    parts = dict(by_hour(flows))
    _withdraw(lake, export_key, set(parts), known)
    for hour, part in parts.items():
        with appearing(_own(lake, hour, export_key)) as file:
            pq.write_table(part, file, **PARQUET)
    return int(flows.num_rows)


def publish(lake: Folder, staged: Staged, known: bool = True) -> int:
    """Bring staged flows into the lake, in place of the export's earlier ones, as `write` does."""
    _withdraw(lake, staged.export_key, {hour for hour, _ in staged.files}, known)
    for hour, file in staged.files:
        target = _own(lake, hour, staged.export_key)
        if isinstance(target, Path):
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
        else:
            target.write_bytes(file.read_bytes())
            file.unlink()
    return staged.rows


def remove(lake: Folder, *export_keys: str) -> int:
    """Take exports' flows out of the lake, in one walk over it, and return in how many files they were."""
    return sum(_take_out(file, {export_id(key) for key in export_keys}) for file in _all(lake))


def hours(lake: Folder) -> list[datetime]:
    """The hours that the lake holds flows of, in order."""
    return list(files(lake))


def read(
    lake: Folder,
    since: datetime | None = None,
    until: datetime | None = None,
    connection: Backend | None = None,
) -> ibis.Table:
    """The flows with since <= first_seen < until, FLOW_SCHEMA's columns, as an Ibis table on DuckDB.

    Only files of those hours are opened. A time without an offset is UTC.
    """
    backend = connection or ibis.duckdb.connect()
    since, until = _utc(since), _utc(until)
    found = files(lake, _between(since, until)).items()
    wanted = [file.path for hour, all_ in found if _meets(hour, since, until) for file in all_]
    schema = ibis.Schema.from_pyarrow(FLOW_SCHEMA)
    if wanted:
        table = backend.read_parquet(_seen(backend, lake, wanted), hive_partitioning=False).select(*schema)
    else:
        table = backend.create_table(ibis.util.gen_name("flows"), schema=schema)
    if since is not None:
        table = table.filter(table.first_seen >= since)
    if until is not None:
        table = table.filter(table.first_seen < until)
    # DuckDB counts microseconds; the schema says milliseconds.
    return table.cast({"first_seen": schema["first_seen"]})


def _seen(backend: Backend, lake: Folder, paths: list[Folder]) -> list[str]:
    """The files by the names that DuckDB knows them by. Its own S3 support is an extension to be downloaded,
    and takes every s3:// name, so the lake is shown to it as a file system of another protocol."""
    if isinstance(lake, Path):
        return [str(path) for path in paths]
    name = f"lake{export_id(str(lake))}"
    if name not in backend.con.list_filesystems():
        shown = type("LakeFileSystem", (DirFileSystem,), {"protocol": name})
        backend.register_filesystem(shown(lake.path, lake.fs))
    return [f"{name}://{path.path[len(lake.path) :].strip('/')}" for path in map(UPath, paths)]


def _withdraw(lake: Folder, export_key: str, staying: set[datetime], known: bool) -> None:
    """Make way for an export's flows of the hours `staying`: their own files there will be replaced."""
    if not known:
        return
    for file in _all(lake):
        if file.compacted or file.hour not in staying:
            _take_out(file, {export_id(export_key)})


def _take_out(file: LakeFile, exports: set[str]) -> bool:
    """Take exports' flows out of a file; False if none of them is in it."""
    if not file.exports & exports:
        return False
    if file.compacted:
        compact.without(file, exports)
    else:
        file.path.unlink(missing_ok=True)
    return True


def _all(lake: Folder) -> list[LakeFile]:
    return [file for found in files(lake).values() for file in found]


def _own(lake: Folder, hour: datetime, export_key: str) -> Folder:
    return folder(lake, hour) / f"{export_id(export_key)}.parquet"


def _between(since: datetime | None, until: datetime | None) -> list[datetime] | None:
    """The hours of a span, so that no others are listed; None for a span that is open."""
    if since is None or until is None:
        return None
    first = since.replace(minute=0, second=0, microsecond=0)
    return [first + n * HOUR for n in range(ceil(max(until - first, timedelta()) / HOUR))]


def _meets(hour: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or hour + HOUR > since) and (until is None or hour < until)


def _utc(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
