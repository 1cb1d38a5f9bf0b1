"""Lines for people as words: delimiters, arrows and units out of the way, headers and footers passed over."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow.lines import first_lines

_TO_SPACES = bytes.maketrans(b",;|\t", b"    ")
#: `1d 02:03:04.567`, but not an address that ends in `1d`.
_DAYS = re.compile(rb"(?<![^ \n])(\d+)d +(-?\d+:)")
#: How lines begin that nfdump prints around the flows.
_NOTES = (
    *("Summary:", "Time window:", "Total flows processed:", "Total records processed:", "Sys:"),
    *("Top ", "Aggregated flows ", "No matched flows", "No matching flows"),
)
_NOTE = f"^(?:{'|'.join(_NOTES)})"


@dataclass(frozen=True)
class Words:
    """The lines of an export that may be flows, each a list of words; `raw` gives one as it stands."""

    lists: pa.Array
    raw: Callable[[int], str] = field(repr=False)

    def sizes(self) -> npt.NDArray[np.int32]:
        """How many words each line has."""
        return np.asarray(pc.list_value_length(self.lists))

    def column(self, rows: npt.NDArray[np.int64], place: int, words: int) -> pa.Array:
        """The text at a place of these rows, of one word or more."""
        starts = np.asarray(self.lists.offsets)[rows] + place
        parts = [self.lists.values.take(pa.array(starts + n)) for n in range(words)]
        return parts[0] if words == 1 else pc.binary_join_element_wise(*parts, " ")


def first_words(data: bytes) -> list[str]:
    """Lines at the start of an export that are neither blank nor notes; at least one."""
    lines = [line.decode() for line in first_lines(data)]
    return [line for line in lines if not line.startswith(_NOTES)] or [""]


def plain_words(text: bytes) -> str:
    """Text whose values are one word each, as `2.7M` and `1d02:03:04.567`, with only space between them."""
    text = text.translate(_TO_SPACES)
    for arrow in (b"<->", b"->", b"<-"):
        text = text.replace(arrow, b" ")
    for unit in (b"K", b"M", b"G", b"T"):
        text = text.replace(b" " + unit + b" ", unit + b"  ").replace(b" " + unit + b"\n", unit + b" \n")
    return (_DAYS.sub(rb"\1d\2", text) if b"d " in text else text).decode()


def words_of(text: bytes, header: str | None) -> Words:
    """The words of all lines but blank ones, notes, and repetitions of the header."""
    lines = pc.split_pattern(pa.array([plain_words(text + b"\n")]), "\n").flatten()
    lines = pc.ascii_trim_whitespace(lines)
    out = pc.or_(pc.equal(lines, ""), pc.match_substring_regex(lines, _NOTE))
    if header is not None:
        out = pc.or_(out, pc.equal(lines, plain_words(header.encode()).strip()))
    kept = np.flatnonzero(~np.asarray(out))
    whole = cache(lambda: text.split(b"\n"))
    lists = pc.ascii_split_whitespace(lines.take(pa.array(kept)))
    return Words(lists, lambda row: whole()[kept[row]].decode())
