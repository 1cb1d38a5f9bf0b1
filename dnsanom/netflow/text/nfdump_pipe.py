"""nfdump's `pipe`: numbers between bars, addresses as four numbers of 32 bits. It has no header.

1.7 prints 22 numbers, with times in milliseconds; 1.6 prints 24, with seconds and milliseconds apart. It
names no exporter and does not say how many flows a line stands for. Source: output_pipe.c of nfdump 1.7.1,
nf_common.c of 1.6.13.
"""

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow import cells
from dnsanom.netflow.address import v4_text, v6_text
from dnsanom.netflow.cells import Cell, integer, is_null, read_cells
from dnsanom.netflow.lines import Lines, first_lines, read_lines, text_of
from dnsanom.netflow.parsed import Parsed
from dnsanom.netflow.text.dialect import Vocabulary, choose, flows_of
from dnsanom.netflow.text.nfdump_cells import seconds_and_ms

NAME = "nfdump pipe"
_SOURCE, _TARGET = ("sa0", "sa1", "sa2", "sa3"), ("da0", "da1", "da2", "da3")
_REST = (
    "prot",
    *_SOURCE,
    "sp",
    *_TARGET,
    "dp",
    "sas",
    "das",
    "in",
    "out",
    "flags",
    "tos",
    "packets",
    "bytes",
)
#: How many numbers there are → their names.
_NAMES = {
    22: ("af", "first", "last", *_REST),
    24: ("af", "first", "first_ms", "last", "last_ms", *_REST),
}
_VOCABULARY: Vocabulary = {
    "first": ("first_seen", cells.EPOCH_MS),
    "first.ms": ("first_seen", cells.EPOCH_SECONDS),
    "last": ("last_seen", cells.EPOCH_MS),
    "last.ms": ("last_seen", cells.EPOCH_SECONDS),
    "prot": ("protocol", cells.PROTOCOL),
    "sa": ("src_ip", cells.ADDRESS),
    "sp": ("src_port", cells.PORT),
    "da": ("dst_ip", cells.ADDRESS),
    "dp": ("dst_port", cells.PORT),
    "flags": ("tcp_flags", cells.FLAGS),
    "tos": ("tos", cells.OCTET),
    "packets": ("packets", cells.COUNTER),
    "bytes": ("bytes", cells.COUNTER),
}
Numbers = npt.NDArray[np.uint32]
_V4 = 2
#: IPv6 on Linux, Windows, OpenBSD and NetBSD, FreeBSD, macOS.
_V6 = (10, 23, 24, 28, 30)
_FLOW = re.compile(rb"(?:2|10|23|24|28|30)(?:\|\d+){21}(?:(?:\|\d+){2})?")


def _word(text: str) -> int | None:
    number = integer(text)
    return number if number is not None and 0 <= number < 2**32 else None


_WORD = Cell(pa.uint32(), _word, "must be a number of 32 bits")


def sniff(data: bytes) -> bool:
    """Is one of the first lines a flow of 22 or 24 numbers?"""
    return any(_FLOW.fullmatch(line) for line in first_lines(data))


def read(data: bytes, key: str) -> Parsed:
    """Flows of the lines, and the malformed lines as they stand."""
    flow = next((line for line in first_lines(data) if _FLOW.fullmatch(line)), b"")
    names = _NAMES[24 if flow.count(b"|") == 23 else 22]
    lines = read_lines(text_of(data, key), names, names, key, b"|")
    family = np.asarray(read_cells(lines.cells["af"], _WORD).fill_null(0))
    ends = {"sa": _SOURCE, "da": _TARGET}
    made = {**lines.cells, **{end: _address(lines.cells, family, words) for end, words in ends.items()}}
    for time in ("first", "last") if "first_ms" in made else ():
        made[f"{time}.ms"] = seconds_and_ms(made.pop(time), made[f"{time}_ms"])
    chosen = choose(tuple(made), _VOCABULARY, key)
    ready = {name: made[name] for name in chosen}
    return flows_of(Lines(ready, lines.count, lines.raw, lines.places, lines.misfits), _VOCABULARY, NAME, key)


def _address(texts: dict[str, pa.Array], family: Numbers, names: tuple[str, ...]) -> pa.Array:
    """Addresses as text; where a number is malformed, the numbers as they stand, which are no address."""
    words = [read_cells(texts[name], _WORD) for name in names]
    bad = np.any([is_null(word) for word in words], axis=0)
    numbers = np.stack([np.asarray(word.fill_null(0)) for word in words]).astype(np.uint64)
    long = np.isin(family, _V6)
    made = v4_text(numbers[3].astype(np.uint32))
    if long.any():
        made = pc.replace_with_mask(made, pa.array(long), _v6(numbers[:, long]))
    wrong = bad | ~((family == _V4) | long)
    if not wrong.any():
        return made
    raw = pc.binary_join_element_wise(texts["af"], *(texts[name] for name in names), "|")
    return pc.if_else(pa.array(wrong), raw, made)


def _v6(numbers: npt.NDArray[np.uint64]) -> pa.Array:
    halves = np.stack([numbers[0] << 32 | numbers[1], numbers[2] << 32 | numbers[3]], axis=1)
    return v6_text(np.ascontiguousarray(halves).view("V16").reshape(-1))
