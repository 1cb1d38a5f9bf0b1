"""nfdump's CSV since 1.7.5 by the names in its header: of 10 columns, or of those that a site wants.

`-o csv` has 10 columns, `-o "csv:%ts,%td,…"` any. Times are local, taken as UTC (`%tsg` is UTC), or seconds
since 1970 (`%tsr`); protocols are numbers, the destination port of ICMP is `type.code`, and flags of other
protocols than TCP are printed as none. Source: output_csv.c of nfdump 1.7.5 to 1.7.8.
"""

import re

from dnsanom.netflow import cells
from dnsanom.netflow.lines import begins_as, named
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, delimited
from dnsanom.netflow.text.nfdump_cells import PORT_OR_ICMP

NAME = "nfdump CSV since 1.7.5"
_VOCABULARY: Vocabulary = {
    "firstSeen": ("first_seen", cells.WHEN_OR_SECONDS),
    "duration": ("duration", cells.SECONDS),
    "lastSeen": ("last_seen", cells.WHEN_OR_SECONDS),
    "proto": ("protocol", cells.PROTOCOL),
    "srcAddr": ("src_ip", cells.ADDRESS),
    "srcPort": ("src_port", cells.PORT),
    "dstAddr": ("dst_ip", cells.ADDRESS),
    "dstPort": ("dst_port", PORT_OR_ICMP),
    "flags": ("tcp_flags", cells.FLAGS),
    "srcTos": ("tos", cells.OCTET),
    "tos": ("tos", cells.OCTET),
    "packets": ("packets", cells.COUNTER),
    "inPackets": ("packets", cells.COUNTER),
    "bytes": ("bytes", cells.COUNTER),
    "inBytes": ("bytes", cells.COUNTER),
    "flows": ("flows", cells.COUNTER),
    "routerIP": ("exporter", cells.ADDRESS),
}
#: The columns of `-o csv`, where a header was left out.
_NAMES = (
    *("firstSeen", "duration", "proto", "srcAddr", "srcPort", "dstAddr", "dstPort"),
    *("packets", "bytes", "flows"),
)
_FLOW = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3},\d+\.\d+,\d+,"
    rb"[\da-fA-F:.]+,\d+,[\da-fA-F:.]+,[\d.]+,\d+,\d+,\d+"
)


def sniff(data: bytes) -> bool:
    """Is the first line a header with nfdump's long names, or one of the first a flow in 10 columns?"""
    return begins_as(data, _is_header, _FLOW)


def _is_header(line: bytes) -> bool:
    names = {name.strip() for name in line.split(b",")}
    return {b"srcAddr", b"dstAddr"} <= names and b"cnt" not in names


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    a column."""
    names, body = named(data, key, _is_header, _NAMES)
    return delimited(body, names, _VOCABULARY, NAME, key)
