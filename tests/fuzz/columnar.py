"""Parquet files to hurt: many small ones of all kinds, made once, since writing one takes a while."""

import io
from random import Random
from typing import Any

import pyarrow as pa
from flow_rows import made_flows
from pyarrow import parquet

from fuzz.mutate import BYTES, number, several

_WRITTEN: tuple[dict[str, Any], ...] = (
    {"compression": "none"},
    {"compression": "zstd"},
    {"compression": "snappy", "use_dictionary": False},
    {"compression": "gzip", "data_page_version": "2.0"},
    {"compression": "lz4", "row_group_size": 3, "write_statistics": False},
    {"compression": "brotli", "store_schema": False, "version": "1.0"},
    {"compression": "none", "use_dictionary": False, "column_encoding": {"packets": "DELTA_BINARY_PACKED"}},
)
_ODD: dict[str, pa.Array] = {
    "packets": pa.array([1, None, 2**64 - 1, 0, 5], pa.uint64()),
    "bytes": pa.array([1, -(2**63), 2**63 - 1, 0, None], pa.int64()),
    "src_ip": pa.array([b"::1", b"\xff", b"", None, b"x"]).view(pa.string()),
    "exporter": pa.array(["192.0.2.1", "", "x", None, "::"]).dictionary_encode(),
    "first_seen": pa.array([0, 2**60, -(2**60), None, 1], pa.timestamp("ms")),
    "duration": pa.array([float("nan"), float("inf"), -1.0, None, 1e300]),
    "tos": pa.array([0, 40_000, 255, None, 65_535], pa.uint16()),
    "flows": pa.nulls(5, pa.int32()),
    "src_port": pa.array([[1], [], None, [2], [3]]),
    "dst_port": pa.array(["53"] * 5),
}
_ANY = several(BYTES)


def seeds() -> tuple[bytes, ...]:
    """Flows of each way of writing, and plain ones with each odd column."""
    flows, few = made_flows(12), made_flows(5)
    odd = [few.set_column(few.schema.get_field_index(name), name, [column]) for name, column in _ODD.items()]
    more = [few.drop_columns(["tos"]), few.append_column("tos", few["tos"]), few.slice(0, 0)]
    return tuple(
        [_bytes(flows, **how) for how in _WRITTEN]
        + [_bytes(table, compression="none") for table in (*odd, *more)]
    )


def _bytes(table: pa.Table, **how: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(table, sink, **how)
    return sink.getvalue()


def wounds(data: bytes, draw: Random) -> bytes:
    """Wounds to the footer, half of the time, with its length kept or told anew; else anywhere."""
    if draw.random() < 0.5 or len(data) < 12:
        return _ANY(data, draw)
    size = int.from_bytes(data[-8:-4], "little")
    at = max(4, len(data) - 8 - size)
    body, footer, tail = data[:at], data[at:-8], data[-8:]
    for _ in range(draw.choice((1, 1, 2, 3))):
        footer = draw.choice((number, number, *BYTES))(footer, draw)
    told = len(footer).to_bytes(4, "little") if draw.random() < 0.9 else tail[:4]
    return body + footer + told + tail[4:]
