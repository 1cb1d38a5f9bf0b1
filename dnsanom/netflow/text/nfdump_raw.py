"""nfdump's `raw`: a block of lines a record, `name = value`, under a line `Flow Record:`.

Times are milliseconds since 1970 (1.7), or seconds with the milliseconds in a line of their own (1.6). A
record of ICMP has `type.code` in place of its ports, and from 1.7.1 to 1.7.8 its type of service is missing
with them. Footers carry no `=`. Source: output_raw.c of nfdump 1.6.25, 1.7.1 and 1.7.8.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow import cells
from dnsanom.netflow.lines import Lines, first_line, split_lines, text_of
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, choose, flows_of
from dnsanom.netflow.text.nfdump_cells import PORT_OR_ICMP, seconds_and_ms

NAME = "nfdump raw"
_START = "Flow Record:"
_VOCABULARY: Vocabulary = {
    "first.msec_first": ("first_seen", cells.EPOCH_SECONDS),
    "first": ("first_seen", cells.EPOCH_MS),
    "last.msec_last": ("last_seen", cells.EPOCH_SECONDS),
    "last": ("last_seen", cells.EPOCH_MS),
    "proto": ("protocol", cells.PROTOCOL),
    "src addr": ("src_ip", cells.ADDRESS),
    "src port": ("src_port", cells.PORT),
    "dst addr": ("dst_ip", cells.ADDRESS),
    "dst port": ("dst_port", PORT_OR_ICMP),
    "tcp flags": ("tcp_flags", cells.FLAGS),
    "src tos": ("tos", cells.OCTET),
    "(src)tos": ("tos", cells.OCTET),
    "in packets": ("packets", cells.COUNTER),
    "(in)packets": ("packets", cells.COUNTER),
    "in bytes": ("bytes", cells.COUNTER),
    "(in)bytes": ("bytes", cells.COUNTER),
    "aggr flows": ("flows", cells.COUNTER),
    "ip exporter": ("exporter", cells.ADDRESS),
    "ip router": ("exporter", cells.ADDRESS),
}
#: Lines that are put together with others.
_PARTS = ("msec_first", "msec_last", "ICMP")
_WANTED = (*_VOCABULARY, *_PARTS)
_START_LINE = re.compile(rb"(?m)^[ \t\v\f\r]*Flow Record:[ \t\v\f\r]*$")
_PIECE = 16 << 20


def sniff(data: bytes) -> bool:
    """Does the first line that is not blank begin a record?"""
    return first_line(data) == _START.encode()


def read(data: bytes, key: str) -> Parsed:
    """Flows of the records, and the malformed records as they stand. Raises DecodeError when no record has a
    line that a flow can't do without."""
    text = text_of(data, key)
    starts = [start.start() for start in _START_LINE.finditer(text)]
    found = _combined(_joined([_found(text[begin:end]) for begin, end in _pieces(starts, len(text))]))
    ends = [*starts[1:], len(text)]
    chosen = {name: found[name] for name in choose(tuple(found), _VOCABULARY, key)}

    def raw(row: int) -> str:
        return text[starts[row] : ends[row]].decode().rstrip()

    return flows_of(Lines(chosen, len(starts), raw), _VOCABULARY, NAME, key)


def _pieces(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    """Where to cut a text into pieces of whole records: as lines it takes seven times its bytes."""
    begin = starts[0]
    for start, following in pairwise([*starts, end]):
        if following - begin > _PIECE and start > begin:
            yield begin, start
            begin = start
    yield begin, end


def _found(text: bytes) -> tuple[int, dict[str, pa.Array]]:
    """How many records there are, and the first value of each name in each, null where one lacks it."""
    lines = pc.ascii_trim_whitespace(split_lines(text))
    starts = np.flatnonzero(np.asarray(pc.equal(lines, _START)))
    held = np.flatnonzero(np.asarray(pc.match_substring(lines, "=")))
    halves = pc.split_pattern(lines.take(pa.array(held)), "=", max_splits=1).flatten()
    codes = np.asarray(pc.index_in(pc.ascii_trim_whitespace(halves[::2]), pa.array(_WANTED)).fill_null(-1))
    wanted = np.flatnonzero(codes >= 0)
    values = _first_word(halves.take(pa.array(2 * wanted + 1)))
    records = np.searchsorted(starts, held[wanted], "right") - 1
    places = np.full((len(_WANTED), len(starts)), -1)
    # Backwards, so that of values of one name the first stays.
    places[codes[wanted][::-1], records[::-1]] = np.arange(len(wanted))[::-1]
    lacking = places < 0
    there = np.flatnonzero(~lacking.all(axis=1)).tolist()
    return len(starts), {_WANTED[n]: values.take(pa.array(places[n], mask=lacking[n])) for n in there}


def _joined(pieces: list[tuple[int, dict[str, pa.Array]]]) -> dict[str, pa.Array]:
    """The values of all pieces, one after the other."""
    names = [name for name in _WANTED if any(name in found for _, found in pieces)]
    return {
        name: pa.concat_arrays([found.get(name, pa.nulls(count, pa.string())) for count, found in pieces])
        for name in names
    }


def _first_word(values: pa.Array) -> pa.Array:
    """A value without what explains it, such as its place, which stands behind `:` or a space."""
    words = pc.ascii_split_whitespace(pc.ascii_trim_whitespace(values), max_splits=1)
    first = pc.list_element(words, 0)
    explained = pc.greater(pc.list_value_length(words), 1)
    return pc.if_else(explained, pc.replace_substring_regex(first, ":$", ""), first)


def _combined(found: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """The values by the names of the vocabulary: seconds with their milliseconds, and ICMP as ports."""
    for time in ("first", "last"):
        if {time, f"msec_{time}"} <= set(found):
            found[f"{time}.msec_{time}"] = seconds_and_ms(found.pop(time), found[f"msec_{time}"])
    if "aggr flows" in found:
        found["aggr flows"] = found["aggr flows"].fill_null("1")
    if "ICMP" in found:
        no_port = pa.nulls(len(found["ICMP"]), pa.string())
        source = pc.if_else(pc.is_valid(found["ICMP"]), "0", no_port)
        found["src port"] = pc.coalesce(found.get("src port", no_port), source)
        found["dst port"] = pc.coalesce(found.get("dst port", no_port), found["ICMP"])
    return found
