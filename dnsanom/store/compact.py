"""Small files of an hour made one, files made smaller by an export, and hours that are too old.

Each of these writes the new file whole, which says what it replaces, and deletes the old ones after. Whatever
breaks off in between leaves files that do not count any more; the next compaction deletes them.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store.export import export_id
from dnsanom.store.lake_files import (
    COMPACTED,
    HOLDS,
    REPLACES,
    Folder,
    LakeFile,
    appearing,
    everything,
    export_of,
    without_replaced,
)
from dnsanom.store.stage import PARQUET

#: Rows that are written at once: row groups large enough to be read quickly, small enough for the memory.
_GROUP = 250_000


def compact(lake: Folder, before: datetime, alone: Callable[[], AbstractContextManager[None]]) -> int:
    """Make one file of each hour that begins before a time and has several; returns how many became one.

    `alone` keeps others from rewriting files of the same lake; it is held for an hour of flows at a time.
    """
    found = everything(lake).items()
    return sum(_compact(lake, hour, alone) for hour, all_ in found if hour < before and len(all_) > 1)


def _compact(lake: Folder, hour: datetime, alone: Callable[[], AbstractContextManager[None]]) -> int:
    with alone():
        all_ = everything(lake, [hour]).get(hour, [])
        valid = without_replaced(all_)
        if len(valid) > 1:
            _write(valid[0].path.parent, valid, set())
        _delete(file for file in all_ if file not in valid or len(valid) > 1)
    return len(valid) if len(valid) > 1 else 0


def without(file: LakeFile, exports: set[str]) -> None:
    """Write a compacted file anew without some exports' flows; it goes when no others are in it."""
    if file.exports - exports:
        _write(file.path.parent, [file], exports)
    _delete([file])


def expire(lake: Folder, days: float) -> int:
    """Delete the hours that end so many days before the newest one, and return how many they were."""
    held = everything(lake)
    gone = [hour for hour in held if hour < max(held) - timedelta(days=days)]
    for hour in gone:
        _delete(held[hour])
        folder = held[hour][0].path.parent
        if isinstance(folder, Path) and not any(folder.iterdir()):
            folder.rmdir()
    return len(gone)


def _write(folder: Folder, old: list[LakeFile], dropped: set[str]) -> None:
    holds = sorted(version for file in old for version in file.holds if export_of(version) not in dropped)
    replaces = sorted(file.version for file in old)
    name = hashlib.sha256("\n".join([*holds, *replaces]).encode()).hexdigest()[:20]
    footer = {HOLDS: json.dumps(holds), REPLACES: json.dumps(replaces)}
    schema = FLOW_SCHEMA.with_metadata(footer)
    target = folder / f"{COMPACTED}{name}.parquet"
    with appearing(target) as sink, pq.ParquetWriter(sink, schema, **PARQUET) as writer:
        for rows in _groups(old, dropped):
            writer.write_table(rows.replace_schema_metadata(footer))


def _groups(old: list[LakeFile], dropped: set[str]) -> Iterator[pa.Table]:
    """The flows of files in groups of some hundred thousand, but for the dropped exports'."""
    held: list[pa.Table] = []
    for file in old:
        with file.path.open("rb") as source:
            for batch in pq.ParquetFile(source).iter_batches(_GROUP, columns=FLOW_SCHEMA.names):
                held.append(_kept(pa.Table.from_batches([batch]), dropped))
                if sum(map(len, held)) >= _GROUP:
                    yield pa.concat_tables(held).combine_chunks()
                    held = []
    if held:
        yield pa.concat_tables(held).combine_chunks()


def _kept(flows: pa.Table, dropped: set[str]) -> pa.Table:
    if not dropped:
        return flows
    keys = [key for key in pc.unique(flows["export_key"]).to_pylist() if export_id(key) in dropped]
    return flows.filter(pc.invert(pc.is_in(flows["export_key"], value_set=pa.array(keys, pa.string()))))


def _delete(old: Iterable[LakeFile]) -> None:
    for file in old:
        file.path.unlink(missing_ok=True)
