"""The formats that can be read. A new one is a module with name, sniffer and reader, and a line here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dnsanom.errors import DecodeError
from dnsanom.netflow import csv48, nfcapd, parquet
from dnsanom.netflow.jsonflow import goflow2, nfdump, pmacct
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text import (
    nfdump_csv,
    nfdump_csv_fast,
    nfdump_lines,
    nfdump_pipe,
    nfdump_raw,
    pmacct_csv,
    silk,
)


@dataclass(frozen=True)
class Reader:
    """A format: what it is called, how its content is known, and how it is read (content, key).

    `read_dns` (content, key, DNS ports) may leave out flows that can't be DNS, and counts them.
    """

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[bytes, str], Parsed]
    read_dns: Callable[[bytes, str, Sequence[int]], Parsed] | None = None


READERS = (
    Reader(nfcapd.NAME, nfcapd.sniff, nfcapd.read, nfcapd.read_dns),
    Reader(parquet.NAME, parquet.sniff, parquet.read),
    Reader(nfdump.NAME, nfdump.sniff, nfdump.read),
    Reader(goflow2.NAME, goflow2.sniff, goflow2.read),
    Reader(pmacct.NAME, pmacct.sniff, pmacct.read),
    Reader(csv48.NAME, csv48.sniff, csv48.read),
    Reader(nfdump_csv.NAME, nfdump_csv.sniff, nfdump_csv.read),
    Reader(nfdump_csv_fast.NAME, nfdump_csv_fast.sniff, nfdump_csv_fast.read),
    Reader(nfdump_pipe.NAME, nfdump_pipe.sniff, nfdump_pipe.read),
    Reader(nfdump_raw.NAME, nfdump_raw.sniff, nfdump_raw.read),
    Reader(pmacct_csv.NAME, pmacct_csv.sniff, pmacct_csv.read),
    Reader(silk.NAME, silk.sniff, silk.read),
    # Last, since it looks at every line of the beginning.
    Reader(nfdump_lines.NAME, nfdump_lines.sniff, nfdump_lines.read),
)


def reader_of(data: bytes, key: str) -> Reader:
    """The reader of the content. Raises DecodeError when no format begins like it."""
    for reader in READERS:
        if reader.sniff(data):
            return reader
    begins = f"begins with {bytes(data[:16])!r}" if data else "is empty"
    raise DecodeError(f"{key}: {begins}: can be read: {', '.join(r.name for r in READERS)}")
