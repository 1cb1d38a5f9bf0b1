"""nfdump's CSV of 48 columns (`-o csv` of 1.6 to 1.7.4), read by the names in its header line.

Times are taken as UTC, in whole seconds or with milliseconds. Footers, repeated headers and blank lines are
passed over. Without a header (`-q`) the columns are those that nfdump prints. A line stands for one flow:
when nfdump has aggregated, this format does not say how many.
"""

import re

from dnsanom.netflow import cells
from dnsanom.netflow.lines import begins_as, named
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, delimited

NAME = "nfdump CSV of 48 columns"
_VOCABULARY: Vocabulary = {
    "ts": ("first_seen", cells.WHEN),
    "te": ("last_seen", cells.WHEN),
    "td": ("duration", cells.SECONDS),
    "pr": ("protocol", cells.PROTOCOL),
    "sa": ("src_ip", cells.ADDRESS),
    "sp": ("src_port", cells.PORT),
    "da": ("dst_ip", cells.ADDRESS),
    "dp": ("dst_port", cells.PORT),
    "flg": ("tcp_flags", cells.FLAGS),
    "stos": ("tos", cells.OCTET),
    "ipkt": ("packets", cells.COUNTER),
    "ibyt": ("bytes", cells.COUNTER),
    "ra": ("exporter", cells.ADDRESS),
}
#: The columns of all versions, which `-q` leaves unnamed.
_NAMES = (
    *("ts", "te", "td", "sa", "da", "sp", "dp", "pr", "flg", "fwd", "stos", "ipkt", "ibyt", "opkt", "obyt"),
    *("in", "out", "sas", "das", "smk", "dmk", "dtos", "dir", "nh", "nhb", "svln", "dvln"),
    *("ismc", "odmc", "idmc", "osmc", *(f"mpls{n}" for n in range(1, 11)), "cl", "sl", "al"),
    *("ra", "eng", "exid", "tr"),
)
_TIME = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?"
_FLOW = re.compile(_TIME + rb"," + _TIME + rb",-?\d+\.\d+,[\da-fA-F:.]+,[\da-fA-F:.]+,(?:[^,]*,){42}[^,]*")
#: nfdump's summary: a line `Summary`, its header and its figures; or what there is of it at the end.
_SUMMARY = re.compile(
    rb"(?m)^Summary\nflows,[a-z_,]*\n[\d,]*(?:\n|\Z)|^Summary\n?(?:flows,[^\n]*\n?(?:[^\n]*\n?)?)?\Z"
)


def sniff(data: bytes) -> bool:
    """Is the first line a header with nfdump's short names, or one of the first a flow in all columns?"""
    return begins_as(data, _is_header, _FLOW)


def _is_header(line: bytes) -> bool:
    return {b"ts", b"sa", b"da"} <= {name.strip() for name in line.split(b",")}


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    a column."""
    names, body = named(data, key, _is_header, _NAMES)
    if b"Summary" in body:
        body = _SUMMARY.sub(b"", body)
    return delimited(body, names, _VOCABULARY, NAME, key)
