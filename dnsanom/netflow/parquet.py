"""Parquet with columns named as those of the flow table, as `dnsanom decode` and the lake write it.

Columns may stand in any order and have any type that holds what theirs does; further columns are left alone.
Rates are derived again, `export_key` and `row` are those of this reading. What the footer declares is held
against limits before anything is unpacked.
"""

import json

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from dnsanom.errors import DecodeError, UnfinishedError, one_line
from dnsanom.netflow.assemble import assemble
from dnsanom.netflow.cells import is_null
from dnsanom.netflow.parquet_columns import KINDS, Column, Reasons, plain
from dnsanom.netflow.parsed import Parsed, rejects
from dnsanom.netflow.wrap import LIMIT

NAME = "Parquet"
#: Rows of a file, which take a tenth of a GB a million when unpacked, and those of them that can't be flows.
MOST_ROWS, MOST_BAD = 10_000_000, 200_000
_MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
#: Columns that a flow can't do without.
_REQUIRED = (
    *("first_seen", "duration", "protocol", "src_ip", "src_port", "dst_ip", "dst_port", "packets", "bytes"),
)
#: What a footer may have of one thing, and bytes that a text in it may have.
_MOST_ITEMS, _MOST_TEXT = 100_000, 16 << 20
#: Rows that are worth threads.
_MANY = 100_000


def sniff(data: bytes) -> bool:
    """Does the content begin as a Parquet file, with an encrypted footer or a plain one?"""
    return data[:4] in (_MAGIC, _ENCRYPTED)


def read(data: bytes, key: str) -> Parsed:
    """Flows of the file's rows, and those that can't be one as JSON.

    Raises DecodeError that names a column which is missing or has another type, or what else is wrong with
    the file; UnfinishedError when its footer is not there yet.
    """
    if data[:4] == _ENCRYPTED:
        raise DecodeError(f"{key}: Parquet: its footer is encrypted: only plain ones can be read")
    if data[-4:] != _MAGIC:
        raise UnfinishedError(
            f"{key}: Parquet: ends with {data[-4:]!r}: must be {_MAGIC!r}, after the footer"
        )
    try:
        return _read(data, key)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise DecodeError(f"{key}: Parquet: {one_line(error)}") from error


def _read(data: bytes, key: str) -> Parsed:
    file = parquet.ParquetFile(
        pa.BufferReader(data),
        thrift_string_size_limit=_MOST_TEXT,
        thrift_container_size_limit=_MOST_ITEMS,
    )
    wanted = _wanted(file.schema_arrow, key)
    _check_size(file.metadata, key)
    texts = [name for name, column in wanted.items() if column.is_text]
    source = parquet.ParquetFile(pa.BufferReader(data), metadata=file.metadata, read_dictionary=texts)
    table = _read_groups(source, list(wanted), key)
    if len(table) != file.metadata.num_rows:
        raise DecodeError(f"{key}: {len(table):,} rows: the footer says {file.metadata.num_rows:,}")
    return _parsed(table, wanted, key)


def _read_groups(file: parquet.ParquetFile, names: list[str], key: str) -> pa.Table:
    """All row groups; what comes out is counted, since a footer may say less."""
    footer, groups, size = file.metadata, [file.schema_arrow.empty_table().select(names)], 0
    for number in range(footer.num_row_groups):
        group = file.read_row_group(number, names, use_threads=footer.num_rows > _MANY)
        groups.append(group)
        size += group.nbytes
        if size > LIMIT:
            raise DecodeError(f"{key}: row group {number:,}: more than {LIMIT:,} bytes when unpacked")
    return pa.concat_tables(groups[1:] or groups)


def _wanted(schema: pa.Schema, key: str) -> dict[str, Column]:
    """The columns to be read, all of them of a type that can be."""
    wanted = {name: column for name, column in KINDS.items() if name in schema.names}
    lacking = [name for name in _REQUIRED if name not in wanted]
    if lacking:
        raise DecodeError(f"{key}: columns: {', '.join(lacking)} missing: a flow can't do without")
    for name, column in wanted.items():
        if schema.names.count(name) > 1:
            raise DecodeError(f"{key}: column {name}: stands there twice")
        kind = schema.field(name).type
        if not column.takes(kind):
            raise DecodeError(f"{key}: column {name}: its type {one_line(kind)} must be {column.types}")
    return wanted


def _check_size(footer: parquet.FileMetaData, key: str) -> None:
    """Hold what the footer declares against the limits.

    Row groups are asked, not their columns: pyarrow 25 ends the process when a column's statistics are
    malformed.
    """
    if not 0 <= footer.num_rows <= MOST_ROWS:
        raise DecodeError(f"{key}: {footer.num_rows:,} rows: must be 0 to {MOST_ROWS:,}")
    sizes = [footer.row_group(number).total_byte_size for number in range(footer.num_row_groups)]
    if min(sizes, default=0) < 0 or sum(sizes) > LIMIT:
        raise DecodeError(f"{key}: {sum(sizes):,} bytes when unpacked: must be 0 to {LIMIT:,}")


def _parsed(table: pa.Table, wanted: dict[str, Column], key: str) -> Parsed:
    reasons: Reasons = {}
    made = {}
    for name, column in wanted.items():
        values = column.read(table[name], name, reasons)
        if name in _REQUIRED:
            for at in np.flatnonzero(is_null(values)).tolist():
                reasons.setdefault(at, f"{name} is null: a flow can't do without")
        if name in _REQUIRED or values.null_count < len(values):
            made[name] = values
    if len(reasons) > MOST_BAD:
        row, reason = next(iter(reasons.items()))
        raise DecodeError(f"{key}: row {row:,}: {reason}: more than {MOST_BAD:,} rows can't be flows")
    rows = sorted(reasons)
    good = np.ones(len(table), bool)
    good[rows] = False
    kept = made if not rows else {name: values.filter(pa.array(good)) for name, values in made.items()}
    rejected = rejects(rows, [_raw(table, row) for row in rows], [reasons[row] for row in rows])
    return Parsed(NAME, {**assemble(kept), "row": pa.array(np.flatnonzero(good))}, rejected)


def _raw(table: pa.Table, row: int) -> str:
    return json.dumps({name: plain(table[name][row]) for name in table.column_names}, default=str)
