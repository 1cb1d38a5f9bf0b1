"""What SiLK's rwcut prints with titles: padded or not, whatever delimiter, in any order of columns.

Times are UTC, as `2014/02/05T00:00:01.234`, in ISO's form, with the month first, or in seconds since 1970.
The sensor is a name and not an address, so there is no exporter; there is no type of service, and no sampling
rate. The destination port of ICMP is type * 256 + code. Source: the manual page of rwcut, SiLK 3.
"""

import re
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow import cells
from dnsanom.netflow.address import canonical
from dnsanom.netflow.cells import Cell
from dnsanom.netflow.lines import cut_header, first_line, text_of
from dnsanom.netflow.names import flags_bits, flags_of_letters
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, delimited

NAME = "SiLK rwcut text"
_DELIMITERS = (b"|", b",", b";", b"\t")
_MONTH_FIRST = re.compile(r"(\d\d)/(\d\d)/(\d{4}) ")


def _moment(text: str) -> datetime | None:
    return cells.moment(_MONTH_FIRST.sub(r"\3-\1-\2 ", text).replace("/", "-"))


def _when(text: str) -> object:
    """A time, or seconds since 1970."""
    return _moment(text) if cells.seconds(text) is None else cells.WHEN_OR_SECONDS.parse(text)


def _moments(texts: pa.Array) -> pa.Array:
    return cells.moments(pc.replace_substring(texts, "/", "-"))


def _flags(text: str) -> int | None:
    bits = flags_of_letters(text)
    return flags_bits(text) if bits is None else bits


def _address(text: str) -> str | None:
    """An address, also one of four numbers that are padded with zeros."""
    text = text.strip()
    return canonical(text) or canonical(re.sub(r"\b0+(?=\d)", "", text))


_WHEN = Cell(pa.timestamp("ms"), _when, "must be a time as 2014/02/05T00:00:01.234", many=_moments)
_FLAGS = Cell(pa.int16(), _flags, "must be letters of TCP flags, or their number", bulk=False)
_ADDRESS = Cell(pa.string(), _address, cells.ADDRESS.rule, bulk=False)
_VOCABULARY: Vocabulary = {
    "sTime": ("first_seen", _WHEN),
    "sTime+msec": ("first_seen", _WHEN),
    "duration": ("duration", cells.SECONDS),
    "dur": ("duration", cells.SECONDS),
    "dur+msec": ("duration", cells.SECONDS),
    "eTime": ("last_seen", _WHEN),
    "eTime+msec": ("last_seen", _WHEN),
    "pro": ("protocol", cells.PROTOCOL),
    "sIP": ("src_ip", _ADDRESS),
    "sPort": ("src_port", cells.PORT),
    "dIP": ("dst_ip", _ADDRESS),
    "dPort": ("dst_port", cells.PORT),
    "flags": ("tcp_flags", _FLAGS),
    "packets": ("packets", cells.COUNTER),
    "bytes": ("bytes", cells.COUNTER),
}


def _delimiter(data: bytes) -> bytes | None:
    """What stands between the titles of both addresses; None when the first line has no such titles."""
    line = first_line(data)
    for delimiter in _DELIMITERS:
        if {b"sIP", b"dIP"} <= {name.strip() for name in line.split(delimiter)}:
            return delimiter
    return None


def sniff(data: bytes) -> bool:
    """Is the first line that is not blank a line of rwcut's titles?"""
    return _delimiter(data) is not None


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for titles that lack a
    column."""
    delimiter = _delimiter(data) or _DELIMITERS[0]
    names, body = cut_header(text_of(data, key), delimiter)
    return delimited(body, names, _VOCABULARY, NAME, key, delimiter)
