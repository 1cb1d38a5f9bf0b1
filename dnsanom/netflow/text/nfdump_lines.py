"""What nfdump prints for people: `line`, `long`, `extended`, `biline`, `bilong`, and `fmt:` with its header.

Read by the names in the header, or as one of nfdump's own formats where `-q` has left it out. Times are taken
as UTC. Counts from a million on are rounded to a tenth of their unit unless nfdump is told `-N`; the format's
name then says so. IPv6 is cut short unless it is told `-6`, and such a line is rejected. In `biline` and
`bilong` a line with packets both ways is rejected, since it is two flows of which too much is merged; in the
others nothing shows the way back. Flags of other protocols than TCP are printed as none.
"""

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.errors import DecodeError
from dnsanom.netflow import cells
from dnsanom.netflow.lines import Lines, check_rejected, text_of
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, choose, flows_of
from dnsanom.netflow.text.layout import Layout, is_header, layout_of_flow, layout_of_header
from dnsanom.netflow.text.nfdump_cells import LONG_ADDRESS, ONE_WAY, PORT_OR_ICMP, SCALED, SPAN
from dnsanom.netflow.text.words import Words, first_words, words_of

NAME = "nfdump text"
_VOCABULARY: Vocabulary = {
    "Date first seen": ("first_seen", cells.WHEN),
    "Date flow start": ("first_seen", cells.WHEN),
    "First seen GMT": ("first_seen", cells.WHEN),
    "First seen raw": ("first_seen", cells.EPOCH_SECONDS),
    "Date first seen (raw)": ("first_seen", cells.EPOCH_SECONDS),
    "Duration": ("duration", SPAN),
    # Not `Date last seen (raw)`: up to 1.7.1 its milliseconds are wrong.
    "Date last seen": ("last_seen", cells.WHEN),
    "Last seen GMT": ("last_seen", cells.WHEN),
    "Last seen raw": ("last_seen", cells.EPOCH_SECONDS),
    "Proto": ("protocol", cells.PROTOCOL),
    "Src IP Addr": ("src_ip", LONG_ADDRESS),
    "Src Pt": ("src_port", cells.PORT),
    "Dst IP Addr": ("dst_ip", LONG_ADDRESS),
    "Dst Pt": ("dst_port", PORT_OR_ICMP),
    "Flags": ("tcp_flags", cells.FLAGS),
    "Tos": ("tos", cells.OCTET),
    "STos": ("tos", cells.OCTET),
    "Packets": ("packets", SCALED),
    "In Pkt": ("packets", SCALED),
    "Bytes": ("bytes", SCALED),
    "In Byte": ("bytes", SCALED),
    "Flows": ("flows", SCALED),
    "Router IP": ("exporter", LONG_ADDRESS),
}
_BOTH_WAYS: Vocabulary = {"Out Pkt": ("out_packets", ONE_WAY), "Out Byte": ("out_bytes", ONE_WAY)}
#: Elements of one word that hold two values.
_PAIRS = {
    f"{end} IP Addr{country}:Port": {f"{end} IP Addr": "ip", f"{end} Pt": "port"}
    for end in ("Src", "Dst")
    for country in ("", "(..)")
}
#: An address, perhaps a country in brackets, `:` or in IPv6 `.`, and a port or `type.code` of ICMP.
_PAIR = (
    r"^(?P<ip>\d+\.\d+\.\d+\.\d+|[\da-fA-F:]*(?:\d+\.\d+\.\d+\.\d+)?|[\da-fA-F:]+\.\.[\da-fA-F:.]+)"
    r"(?:\([^()]*\))?[:.](?P<port>\d+(?:\.\d+)?)$"
)


def sniff(data: bytes) -> bool:
    """Is the first line, notes aside, a header of nfdump's, or one of the first a flow in a format it has?"""
    first = first_words(data)
    return is_header(first[0]) or _ready(first) is not None


def _ready(lines: list[str]) -> Layout | None:
    return next((layout for layout in map(layout_of_flow, lines) if layout), None)


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand. Raises DecodeError for a header that lacks
    an element, or has one that can't be told from its neighbours."""
    text, first = text_of(data, key), first_words(data)
    header = first[0] if is_header(first[0]) else None
    layout = layout_of_header(header, key) if header else _ready(first)
    if layout is None:
        raise DecodeError(f"{key}: line {first[0][:80]!r}: no format of nfdump's")
    vocabulary = {**_VOCABULARY, **(_BOTH_WAYS if b"<->" in text else {})}
    lines = _lines(words_of(text, header), layout, vocabulary, key)
    rounded = any(_has_unit(texts) for name, texts in lines.cells.items() if vocabulary[name][1] is SCALED)
    return flows_of(lines, vocabulary, f"{NAME}, counts rounded" if rounded else NAME, key)


def _lines(words: Words, layout: Layout, vocabulary: Vocabulary, key: str) -> Lines:
    """The lines that have as many words as the layout, with the cells that a flow needs."""
    parts = {
        name: (element, part)
        for element in layout.elements
        for name, part in _PAIRS.get(element, {element: ""}).items()
    }
    sizes = words.sizes()
    rows = np.flatnonzero(sizes == layout.width)
    whole = cache(lambda element: words.column(rows, *layout.elements[element]))
    pairs = cache(lambda element: pc.extract_regex(whole(element), _PAIR))

    def cell(element: str, part: str) -> pa.Array:
        texts = whole(element)
        return pc.coalesce(pc.struct_field(pairs(element), part), texts) if part else texts

    found = {name: cell(*parts[name]) for name in choose(tuple(parts), vocabulary, key)}
    check_rejected(len(sizes) - len(rows), key)
    misfits = {
        row: f"{sizes[row]} words: the columns take {layout.width}"
        for row in np.flatnonzero(sizes != layout.width).tolist()
    }
    return Lines(found, len(rows), words.raw, rows if misfits else None, misfits)


def _has_unit(texts: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(texts, "[KMGT]$")).as_py())
