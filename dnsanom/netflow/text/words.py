"""Lines for people as words: delimiters, arrows and units out of the way, headers and footers passed over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.netflow.lines import first_lines, split_lines

_TO_SPACES = bytes.maketrans(b",;|\t", b"    ")
#: Values of two words: `2.7 M`, and `1d 02:03:04.567`, but no address that ends in `1d`.
_PARTED = r"(\d) ([KMGT])( |$)|((?:^| )\d+d) +(-?\d+:)"
_JOINED = r"\1\2\3\4\5"
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


def plain_words(text: bytes) -> pa.Array:
    """The lines of a text with values of one word each, as `2.7M` and `1d02:03:04.567`, and space between."""
    text = text.translate(_TO_SPACES)
    if b"<" in text:
        text = text.replace(b"<->", b" ").replace(b"<-", b" ")
    lines = pc.ascii_trim_whitespace(split_lines(text.replace(b"->", b" ")))
    parted = pc.match_substring_regex(lines, _PARTED)
    if not np.asarray(parted).any():
        return lines
    joined = pc.replace_substring_regex(lines.filter(parted), _PARTED, _JOINED)
    return pc.replace_with_mask(lines, parted, joined)


def words_of(text: bytes, header: str | None) -> Words:
    """The words of all lines but blank ones, notes, and repetitions of the header."""
    lines = plain_words(text)
    out = pc.or_(pc.equal(lines, ""), pc.match_substring_regex(lines, _NOTE))
    if header is not None:
        out = pc.or_(out, pc.equal(lines, plain_words(header.encode())[0]))
    kept = np.flatnonzero(~np.asarray(out))
    whole = cache(lambda: split_lines(text))
    lists = pc.ascii_split_whitespace(lines.take(pa.array(kept)))
    return Words(lists, lambda row: str(whole()[kept[row]]))
