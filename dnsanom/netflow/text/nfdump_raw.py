"""nfdump's `raw`: a block of lines a record, `name = value`, under a line `Flow Record:`.

Times are milliseconds since 1970 (1.7), or seconds with the milliseconds in a line of their own (1.6). A
record of ICMP has `type.code` in place of its ports, and from 1.7.1 to 1.7.8 its type of service is missing
with them. Footers carry no `=`. Source: output_raw.c of nfdump 1.6.25, 1.7.1 and 1.7.8.
"""

import numpy as np
import numpy.typing as npt
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


def sniff(data: bytes) -> bool:
    """Does the first line that is not blank begin a record?"""
    return first_line(data) == _START.encode()


def read(data: bytes, key: str) -> Parsed:
    """Flows of the records, and the malformed records as they stand. Raises DecodeError when no record has a
    line that a flow can't do without."""
    text = text_of(data, key)
    whole = split_lines(text)
    lines = pc.ascii_trim_whitespace(whole)
    starts = np.flatnonzero(np.asarray(pc.equal(lines, _START)))
    found = _combined(_found(lines, starts))
    ends = [*starts[1:].tolist(), len(lines)]
    chosen = {name: found[name] for name in choose(tuple(found), _VOCABULARY, key)}

    def raw(row: int) -> str:
        return "\n".join(whole[starts[row] : ends[row]].to_pylist()).rstrip()

    return flows_of(Lines(chosen, len(starts), raw), _VOCABULARY, NAME, key)


def _found(lines: pa.Array, starts: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """The first value of each name in each record, null where a record has no such name."""
    held = np.flatnonzero(np.asarray(pc.match_substring(lines, "=")))
    halves = pc.split_pattern(lines.take(pa.array(held)), "=", max_splits=1).flatten()
    wanted = (*_VOCABULARY, *_PARTS)
    codes = np.asarray(pc.index_in(pc.ascii_trim_whitespace(halves[::2]), pa.array(wanted)).fill_null(-1))
    found = {}
    for code, name in enumerate(wanted):
        at = np.flatnonzero(codes == code)
        if len(at):
            places = np.full(len(starts), -1)
            places[np.searchsorted(starts, held[at], "right")[::-1] - 1] = 2 * at[::-1] + 1
            found[name] = _first_word(halves.take(pa.array(places, mask=places < 0)))
    return found


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
