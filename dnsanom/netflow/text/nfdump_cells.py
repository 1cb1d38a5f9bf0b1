"""Cells as nfdump prints them for people: durations by the clock, counts with units, ICMP as ports."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow.address import canonical
from dnsanom.netflow.cells import Cell, integer, port, seconds

_SPAN = re.compile(r"(?:(-?\d{1,6})d ?)?(-?\d{1,6}):(-?\d{1,4}):(-?\d{1,4}(?:\.\d{1,9})?)")
_ICMP = re.compile(r"(\d{1,3})\.(\d{1,3})")
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def _span(text: str) -> float | None:
    """Seconds, or `1d 02:03:04.567`; each part may carry the sign of a negative duration."""
    parts = _SPAN.fullmatch(text.strip())
    if parts is None:
        return seconds(text)
    days, hours, minutes, rest = (float(part or 0) for part in parts.groups())
    return round(days * 86_400 + hours * 3600 + minutes * 60 + rest, 3)


def _scaled(text: str) -> int | None:
    """A count, or one with a unit and a digit behind the point: `2.7M` stands for 2,650,000 to 2,750,000."""
    number, unit = text.strip()[:-1].rstrip(), text.strip()[-1:]
    if unit not in _UNITS:
        return integer(text)
    whole, _, part = number.partition(".")
    tenths = integer(whole + part) if len(part) == 1 else None
    return tenths * _UNITS[unit] // 10 if tenths is not None and tenths < 10**6 else None


def _port_or_icmp(text: str) -> int | None:
    """A port, or for ICMP `type.code`, which exporters send as the port type * 256 + code."""
    icmp = _ICMP.fullmatch(text.strip())
    return port(text) if icmp is None else int(icmp[1]) * 256 + int(icmp[2])


def seconds_and_ms(whole: pa.Array, milliseconds: pa.Array) -> pa.Array:
    """Seconds since 1970 and their milliseconds in one text; what is no millisecond makes it no number."""
    good = pc.match_substring_regex(milliseconds, r"^ *\d{1,3} *$")
    padded = pc.utf8_lpad(pc.utf8_trim_whitespace(milliseconds), 3, "0")
    return pc.binary_join_element_wise(whole, pc.if_else(good, padded, "?"), ".")


def _nothing(text: str) -> int | None:
    return 0 if integer(text) == 0 else None


SPAN = Cell(pa.float64(), _span, "must be a duration as 00:01:02.345 or in seconds")
SCALED = Cell(pa.int64(), _scaled, "must be a whole number, or as 2.7 M")
PORT_OR_ICMP = Cell(pa.int32(), _port_or_icmp, "must be a port, or an ICMP type and code as 3.1")
LONG_ADDRESS = Cell(
    pa.string(), canonical, "must be an IP address: nfdump cuts IPv6 short unless it is told -6", bulk=False
)
#: Packets and bytes of the way back. A line of both ways has one time, duration and flags for both.
ONE_WAY = Cell(
    pa.int64(),
    _nothing,
    "must be 0, as both ways in one line are no flow: print without -b and -B",
    bulk=False,
)
