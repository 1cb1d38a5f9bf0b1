"""Tables to Parquet files whose bytes depend on the rows alone, not on threads or the order they came in."""

from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from dnsanom.schema import TIMESTAMP

ROW_GROUP = 131_072


def write_sorted(table: ibis.Table, path: Path) -> int:
    """Write the rows, sorted by `first_seen` and then every other column; returns how many.

    Times are stored as UTC milliseconds. The file appears whole or not at all.
    """
    order = ["first_seen", *(name for name in table.columns if name != "first_seen")]
    batches = stream(table.order_by(order))
    schema = pa.schema(
        [f.with_type(TIMESTAMP) if pa.types.is_timestamp(f.type) else f for f in batches.schema]
    )
    return write_batches(batches, schema, path)


def stream(table: ibis.Table) -> pa.RecordBatchReader:
    """The rows of a DuckDB table or query in batches.

    Asks DuckDB itself, since Ibis 12's `to_pyarrow_batches` calls a method that DuckDB 2 no longer has.
    """
    con = table.get_backend()
    return con.con.sql(con.compile(table)).to_arrow_reader(ROW_GROUP)


def write_batches(batches: pa.RecordBatchReader, schema: pa.Schema, path: Path) -> int:
    """Write batches in their order, in row groups of fixed length whatever the length of the batches."""
    fresh = path.with_name(f".{path.name}.tmp")
    rows = 0
    with pq.ParquetWriter(fresh, schema, compression="zstd", version="2.6", store_schema=False) as writer:
        for group in _regroup(batches, schema):
            writer.write_table(group, row_group_size=ROW_GROUP)
            rows += group.num_rows
    fresh.replace(path)
    return rows


def _regroup(batches: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.Table]:
    kept = schema.empty_table()
    for batch in batches:
        kept = pa.concat_tables([kept, pa.Table.from_batches([batch]).cast(schema)])
        while kept.num_rows >= ROW_GROUP:
            yield kept.slice(0, ROW_GROUP).combine_chunks()
            kept = kept.slice(ROW_GROUP)
    if kept.num_rows:
        yield kept.combine_chunks()
