"""Where each value stands in a line that nfdump has printed for people: from its header, or from a line.

A header is the names of a format's elements one after the other; a value is one word, a time two. Elements of
free text (names of interfaces and places, payload, labels) can't be told from their neighbours.
Source: the tables of output_fmt.c and output.c of nfdump 1.6.13 to 1.7.8.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from dnsanom.errors import DecodeError
from dnsanom.netflow.text.words import plain_words

#: Names of elements whose values are two words, a date and a time; `Date flow start` is older than 1.6.13.
_TIMES = (
    *("Date first seen", "Date last seen", "Date flow received", "Date flow received GMT", "Event time"),
    *("First seen GMT", "Last seen GMT", "Date flow start"),
)
#: Names of elements whose values are one word. Before 1.7.5, raw times have brackets in their name.
_WORDS = (
    *("First seen raw", "Last seen raw", "Received raw", "Date first seen (raw)", "Date last seen (raw)"),
    *("Date flow received (raw)", "Duration", "Proto", "Src IP Addr:Port", "Dst IP Addr:Port"),
    *("Src IP Addr(..):Port", "Dst IP Addr(..):Port", "Src IP Addr", "Dst IP Addr", "Src Pt", "Dst Pt"),
    *("Src Network", "Dst Network", "Next-hop IP", "BGP next-hop IP", "Router IP", "ICMP-T", "ICMP-C"),
    *("Src AS", "Dst AS", "Next AS", "Prev AS", "Input", "Output", "Packets", "In Pkt", "Out Pkt"),
    *("Bytes", "In Byte", "Out Byte", "Flows", "Flags", "Tos", "STos", "DTos", "Dir", "SMask", "DMask"),
    *(
        "Fwd",
        "Bfd",
        "End",
        "SVlan",
        "DVlan",
        "bps",
        "pps",
        "Bpp",
        "engine",
        "Exp ID",
        "Ver",
        "Count",
        "label",
    ),
    *("In src MAC Addr", "Out dst MAC Addr", "In dst MAC Addr", "Out src MAC Addr"),
    *(f"MPLS lbl {n}" for n in range(1, 11)),
    *("C Latency", "S latency", "A latency", "obsDomainID", "obsPointID", "I-VRF-ID", "E-VRF-ID"),
    *("X-late Src IP", "X-late Dst IP", "XsPort", "XdPort", "X-Src IP Addr:Port", "X-Dst IP Addr:Port"),
    *("flowID", "Event", "XEvent", "Conn-ID", "Pb-Start", "Pb-End", "Pb-Step", "Pb-Size", "minTTL", "maxTTL"),
)
_NAME = re.compile("|".join(re.escape(name) for name in sorted((*_TIMES, *_WORDS), key=len, reverse=True)))
_LINE = ("Date first seen", "Duration", "Proto", "Src IP Addr:Port", "Dst IP Addr:Port")
_BOTH_WAYS = ("Out Pkt", "In Pkt", "Out Byte", "In Byte", "Flows")
#: The formats that nfdump has ready: the elements of line, long and extended, and of biline and bilong.
_READY = {
    "->": (
        (*_LINE, "Packets", "Bytes", "Flows"),
        (*_LINE, "Flags", "Tos", "Packets", "Bytes", "Flows"),
        (*_LINE, "Flags", "Tos", "Packets", "Bytes", "pps", "bps", "Bpp", "Flows"),
    ),
    "<->": ((*_LINE, *_BOTH_WAYS), (*_LINE, "Flags", "Tos", *_BOTH_WAYS)),
}
_FLOW = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} .*\S[:.][\d.]+ +(<?->) +\S+[:.][\d.]+ ")


@dataclass(frozen=True)
class Layout:
    """The elements of a line in their order: name → the place of its first word, and how many words."""

    elements: dict[str, tuple[int, int]]
    width: int


def is_header(line: str) -> bool:
    """Does a line name the addresses of both ends, as nfdump's headers do?"""
    return "Src IP Addr" in line and "Dst IP Addr" in line


def layout_of_header(line: str, key: str) -> Layout:
    """The layout under a header. Raises DecodeError for a name that is no element of one word or a time."""
    names, rest = [], " ".join(line.split())
    while rest:
        found = _NAME.match(rest)
        if found is None or rest[found.end() : found.end() + 1] not in ("", " "):
            raise DecodeError(f"{key}: header: {rest[:40]!r}: no element of nfdump's that can be told apart")
        names.append(found[0])
        rest = rest[found.end() :].lstrip()
    return _layout(names)


@lru_cache(maxsize=1)
def layout_of_flow(line: str) -> Layout | None:
    """The layout of a line without a header; None when it is no format that nfdump has ready."""
    arrow = _FLOW.match(line)
    if arrow is None:
        return None
    ready = [_layout(names) for names in _READY[arrow[1]]]
    words = len(plain_words(line.encode())[0].as_py().split())
    return next((layout for layout in ready if layout.width == words), None)


def _layout(names: list[str] | tuple[str, ...]) -> Layout:
    sizes = [2 if name in _TIMES else 1 for name in names]
    starts = list(accumulate(sizes, initial=0))
    return Layout(dict(zip(names, zip(starts, sizes, strict=False), strict=False)), starts[-1])
