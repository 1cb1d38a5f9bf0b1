"""Exports to one Parquet file of canonical flows, and what could not be read beside it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from dnsanom.netflow import DecodeReport, decode
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA


def decode_to_parquet(
    exports: Iterable[tuple[str, bytes]], out: Path, dns: Dns, keep: Literal["dns", "all"] = "dns"
) -> Iterator[str]:
    """Write the exports' flows to `out`, one export in memory at a time; yields a line for each export.

    Rows that can't be read go to OUT with `.rejected.parquet` in place of its ending: export_key, row, raw,
    reason. Raises DecodeError at the first export that can't be read as a whole; `out` is then not written.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    rejected: list[pa.Table] = []
    try:
        with pq.ParquetWriter(part, FLOW_SCHEMA, compression="zstd") as writer:
            for key, data in exports:
                decoded = decode(data, key, dns, keep)
                writer.write_table(decoded.flows)
                if decoded.rejected.num_rows:
                    names = pa.array([key] * decoded.rejected.num_rows, pa.string())
                    rejected.append(decoded.rejected.add_column(0, "export_key", names))
                yield line(key, decoded.report)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    if rejected:
        beside = out.with_suffix(".rejected.parquet")
        pq.write_table(pa.concat_tables(rejected), beside)
        yield f"rows that could not be read, with their reasons: {beside}"


def line(key: str, report: DecodeReport) -> str:
    """An export's report as a person reads it."""
    missing = f"; the format has no {', '.join(report.missing)}" if report.missing else ""
    return (
        f"{key}: {report.format}: {report.rows:,} rows, {report.kept:,} kept, {report.dropped:,} dropped, "
        f"{report.rejected:,} rejected{missing}"
    )
