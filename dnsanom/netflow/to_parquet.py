"""Exports decoded into one Parquet file, one export at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pyarrow import parquet

from dnsanom.netflow import DecodeReport, decode
from dnsanom.netflow.parsed import REJECT_SCHEMA
from dnsanom.params import Dns
from dnsanom.schema import FLOW_SCHEMA

_REJECTED = REJECT_SCHEMA.insert(0, pa.field("export_key", pa.string()))


def decode_to_parquet(
    exports: Iterable[tuple[str, bytes]], out: Path, dns: Dns, keep: Literal["dns", "all"] = "dns"
) -> Iterator[str]:
    """Write the flows of all exports (key, bytes) to `out`, and yield a line on each.

    Rows that can't be flows go to `OUT.rejected.parquet`. Both files appear when the last export is read.
    Raises DecodeError for an export that can't be read; then neither appears.
    """
    with _writer(out, FLOW_SCHEMA) as flows, _writer(rejected_path(out), _REJECTED) as rejected:
        for key, data in exports:
            decoded = decode(data, key, dns, keep)
            flows.write_table(decoded.flows)
            keys = pa.repeat(pa.scalar(key, pa.string()), len(decoded.rejected))
            rejected.write_table(decoded.rejected.add_column(0, "export_key", keys))
            yield f"{key}: {_line(decoded.report)}"


def rejected_path(out: Path) -> Path:
    """The file beside `out` that holds the rejected rows."""
    return out.with_name(f"{out.stem}.rejected.parquet")


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[Any]:
    """A Parquet writer whose file takes its name when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with parquet.ParquetWriter(unfinished, schema, compression="zstd") as writer:
            yield writer
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _line(report: DecodeReport) -> str:
    parts = [f"{report.format}, {report.rows:,} rows: {report.kept:,} flows kept"]
    parts += [f"{report.dropped:,} not DNS"] if report.dropped else []
    parts += [f"{report.rejected:,} rejected"] if report.rejected else []
    parts += [f"no {', '.join(report.missing)}"] if report.missing else []
    return ", ".join(parts)
