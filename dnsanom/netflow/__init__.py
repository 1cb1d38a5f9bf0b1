"""Exports to flows: the reader is picked by content, never by name.

from dnsanom.netflow import decode
decoded = decode(data, key, settings.params.dns)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from dnsanom.netflow.columns import finish, missing
from dnsanom.netflow.keep import is_dns
from dnsanom.netflow.parsed import Parsed, only
from dnsanom.netflow.readers import reader_of
from dnsanom.netflow.wrap import unwrap
from dnsanom.params import Dns
from dnsanom.rates import derive

__all__ = ["DecodeReport", "Decoded", "decode", "derive", "finish"]


@dataclass(frozen=True)
class DecodeReport:
    """What became of an export's rows: `rows` = `kept` + `dropped` + `rejected`.

    `missing` are the columns that the format has no place for, or that this export leaves out; they are null.
    """

    format: str
    rows: int
    kept: int
    dropped: int
    rejected: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Decoded:
    """An export's flows (FLOW_SCHEMA), and its rows that can't be flows (row, raw, reason)."""

    flows: pa.Table
    rejected: pa.Table
    report: DecodeReport


def decode(data: bytes, key: str, dns: Dns, keep: Literal["dns", "all"] = "dns") -> Decoded:
    """The flows of an export's bytes, all of them or only DNS, each with its row number in the export.

    Raises DecodeError, with the key in front, when the bytes as a whole can't be read.
    """
    content = unwrap(data, key)
    reader = reader_of(content, key)
    if keep == "dns":
        parsed = reader.read_dns(content, key, dns.ports) if reader.read_dns else reader.read(content, key)
    else:
        parsed = reader.read(content, key)
    return _decoded(parsed, key, dns.ports if keep == "dns" else None)


def _decoded(parsed: Parsed, key: str, ports: Sequence[int] | None) -> Decoded:
    """The flow table of what a reader found, all or only DNS over these ports, and what became of it."""
    columns = parsed.columns
    if ports is not None:
        columns = only(columns, is_dns(columns, ports))
    flows, found, bad = finish(columns, key), parsed.flows + parsed.dropped, len(parsed.rejected)
    report = DecodeReport(
        format=parsed.format,
        rows=found + bad,
        kept=len(flows),
        dropped=found - len(flows),
        rejected=bad,
        missing=missing(columns),
    )
    return Decoded(flows, parsed.rejected, report)
