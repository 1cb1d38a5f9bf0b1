"""nfdump's `csv-fast`: 17 columns, times in milliseconds since 1970, protocols as numbers.

It names no exporter and does not say how many flows a line stands for. Source: output_csv_fast.c of nfdump
1.7.5 to 1.7.8.
"""

import re

from dnsanom.netflow import cells
from dnsanom.netflow.lines import begins_as, named
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, delimited

NAME = "nfdump csv-fast"
_VOCABULARY: Vocabulary = {
    "firstSeen": ("first_seen", cells.EPOCH_MS),
    "lastSeen": ("last_seen", cells.EPOCH_MS),
    "proto": ("protocol", cells.PROTOCOL),
    "srcAddr": ("src_ip", cells.ADDRESS),
    "srcPort": ("src_port", cells.PORT),
    "dstAddr": ("dst_ip", cells.ADDRESS),
    "dstPort": ("dst_port", cells.PORT),
    "flags": ("tcp_flags", cells.FLAGS),
    "srcTos": ("tos", cells.OCTET),
    "packets": ("packets", cells.COUNTER),
    "bytes": ("bytes", cells.COUNTER),
}
_NAMES = (
    *("cnt", "af", "firstSeen", "lastSeen", "proto", "srcAddr", "srcPort", "dstAddr", "dstPort"),
    *("srcAS", "dstAS", "input", "output", "flags", "srcTos", "packets", "bytes"),
)
_HEADER = b"cnt,af,"
_FLOW = re.compile(rb"\d+,\d+,\d+,\d+,\d+,[\da-fA-F:.]+,\d+,[\da-fA-F:.]+,(?:\d+,){5}[A-Z.]{8},\d+,\d+,\d+")


def sniff(data: bytes) -> bool:
    """Is the first line the header of csv-fast, or one of the first a flow in its columns?"""
    return begins_as(data, _is_header, _FLOW)


def _is_header(line: bytes) -> bool:
    return line.startswith(_HEADER)


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    a column."""
    names, body = named(data, key, _is_header, _NAMES)
    return delimited(body, names, _VOCABULARY, NAME, key)
