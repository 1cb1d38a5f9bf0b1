"""An export's flows as Parquet, one file an hour: how they are written, and where until they are published.

Apart from the lake, so that workers need none of what reads it: that alone takes half a second to import.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dnsanom.schema import FLOW_SCHEMA
from dnsanom.store.export import export_id

_HOUR = 3600
#: Columns that grow from row to row, and ports, which hardly repeat: a dictionary of either costs more than
#: it saves. The file is a quarter smaller by this, and written a seventh quicker.
_GROWING, _VARIED = ("first_seen", "row"), ("src_port", "dst_port")
PARQUET: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": [name for name in FLOW_SCHEMA.names if name not in _GROWING + _VARIED],
    "column_encoding": dict.fromkeys(_GROWING, "DELTA_BINARY_PACKED"),
}


@dataclass(frozen=True)
class Staged:
    """An export's flows in files outside the lake, one an hour, ready to be published; `rows` in all."""

    export_key: str
    rows: int = 0
    files: tuple[tuple[datetime, Path], ...] = ()


def stage(beside: Path, flows: pa.Table, export_key: str) -> Staged:
    """Write an export's flows to a folder beside the lake, on its file system, for `lake.publish`."""
    flows = flows.select(FLOW_SCHEMA.names).cast(FLOW_SCHEMA)
    staged = []
    for hour, part in by_hour(flows):
        file = beside / f"{export_id(export_key)}.{hour:%Y%m%d%H}.parquet"
        save(part, file)
        staged.append((hour, file))
    return Staged(export_key, flows.num_rows, tuple(staged))


def by_hour(flows: pa.Table) -> Iterator[tuple[datetime, pa.Table]]:
    """The flows hour by hour; most exports lie in one, and nothing is copied then."""
    starts = flows["first_seen"].cast(pa.int64()).to_numpy() // (_HOUR * 1000)
    if not len(starts):
        return
    found = np.unique(starts) if starts.min() < starts.max() else starts[:1]
    for start in found:
        part = flows if len(found) == 1 else flows.filter(pa.array(starts == start))
        yield datetime.fromtimestamp(int(start) * _HOUR, UTC), part


def save(flows: pa.Table, path: Path) -> None:
    """Write a file that is on the disk when this returns."""
    with path.open("wb") as file:
        pq.write_table(flows, file, **PARQUET)
        file.flush()
        os.fsync(file.fileno())
