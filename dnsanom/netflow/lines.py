"""Lines of delimited cells, with the line number and raw text of each within reach."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from dnsanom.errors import DecodeError, one_line

#: Arrow's parser takes no line longer than its block.
_BLOCK = 4 << 20
#: A sniffer looks for the first line in so many bytes.
_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"\A(?:[ \t]*\n)+")
#: So many lines must be long enough for flows, and so many malformed ones are kept.
_MANY = 1_000_000
#: Up to so many bytes are split by Python, as to set Arrow's parser up takes longer.
SMALL = 16 << 10
_SHORT = 16
#: Where a header is left out, one of so many lines tells the format, should the first one be damaged.
_FIRST = 16
Cells = dict[int, pa.Array]


@dataclass(frozen=True)
class Lines:
    """The lines of an export that have as many cells as it has columns, without headers and footers.

    `cells` are the wanted columns as text. `places` tells each one's number among all lines, None when no
    line was left out; `misfits` are those left out, number → reason. `raw` gives a line as it stands.
    """

    cells: dict[str, pa.Array]
    count: int
    raw: Callable[[int], str] = field(repr=False)
    places: npt.NDArray[np.int64] | None = None
    misfits: dict[int, str] = field(default_factory=dict)

    def number(self, at: int) -> int:
        """The number of the line that stands at a place in `cells`."""
        return at if self.places is None else int(self.places[at])

    def numbers(self) -> npt.NDArray[np.int64]:
        """The number of each line in `cells`."""
        return np.arange(self.count) if self.places is None else self.places


def text_of(data: bytes, key: str) -> bytes:
    """Text with plain line ends and no blank lines before it.

    Bytes that are not UTF-8 become visible, so that they fail in their cell. Raises DecodeError for a text of
    so many short lines that they can't be flows, since each line takes memory.
    """
    text = _plain(data)
    count = text.count(b"\n")
    if count > _MANY and len(text) < _SHORT * count:
        raise DecodeError(f"{key}: {count:,} lines: {len(text) // count} bytes each can't be flows")
    return text


def _plain(data: bytes) -> bytes:
    data = data.removeprefix(_BOM)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    data = _BLANK.sub(b"", data)
    return data if data.isascii() else data.decode(errors="backslashreplace").encode()


def first_lines(data: bytes) -> list[bytes]:
    """Lines at the start of an export that are not blank, without the space around them; at least one."""
    return list(_first_of(data[:_HEAD]))


@lru_cache(maxsize=1)
def _first_of(head: bytes) -> tuple[bytes, ...]:
    """One sniffer after the other asks for them."""
    lines = _plain(head).split(b"\n", _FIRST)[:_FIRST]
    return tuple(line for line in (line.strip() for line in lines) if line) or (b"",)


def first_line(data: bytes) -> bytes:
    """The first line of an export that is not blank, without the space around it."""
    return first_lines(data)[0]


def cut_header(text: bytes, delimiter: bytes = b",") -> tuple[tuple[str, ...], bytes]:
    """The names in the first line that is not blank, and the lines below it without its repetitions.

    A header comes again in the middle where exports have been joined.
    """
    header, _, body = text.partition(b"\n")
    if header and header in body:
        body = re.sub(rb"(?m)^" + re.escape(header) + rb"(?:\n|\Z)", b"", body)
    return tuple(name.strip() for name in header.decode().split(delimiter.decode())), body


def begins_as(data: bytes, is_header: Callable[[bytes], bool], flow: re.Pattern[bytes]) -> bool:
    """Is the first line a header, or, where that was left out, one of the first lines a flow?"""
    lines = first_lines(data)
    return is_header(lines[0]) or any(flow.fullmatch(line) for line in lines)


def named(
    data: bytes, key: str, is_header: Callable[[bytes], bool], names: tuple[str, ...]
) -> tuple[tuple[str, ...], bytes]:
    """The names in an export's header and the lines below it; without one, `names` and all lines."""
    text = text_of(data, key)
    return cut_header(text) if is_header(first_line(data)) else (names, text)


def read_lines(
    body: bytes, names: tuple[str, ...], wanted: Collection[str], key: str, delimiter: bytes = b","
) -> Lines:
    """The lines of a body whose columns have these names, with the wanted ones as cells.

    Raises DecodeError when a wanted column is there twice, or for a line longer than 4 MiB.
    """
    chosen = {name: place for place, name in enumerate(names) if name in wanted}
    twice = [name for name in chosen if names.count(name) > 1]
    if twice:
        raise DecodeError(f"{key}: header: column {twice[0]!r} stands there twice")
    parse = _split if len(body) <= SMALL else _parse
    found, count, skipped = parse(body, len(names), list(chosen.values()), key, delimiter)
    cells = {name: found[place] for name, place in chosen.items()}
    lines = cache(lambda: _not_blank(split_lines(body)))

    def raw(number: int) -> str:
        return str(lines()[number].as_py())

    if not skipped:
        return Lines(cells, count, raw)
    misfits = _misfits(lines(), len(names), delimiter)
    places = np.setdiff1d(np.arange(count + len(misfits)), list(misfits))
    return Lines(cells, count, raw, places, misfits)


def split_lines(text: bytes) -> pa.Array:
    """The lines of a text of UTF-8, blank ones too."""
    ends = pa.py_buffer(np.array([0, len(text)], np.int32))
    whole = pa.StringArray.from_buffers(1, ends, pa.py_buffer(text))
    return pc.split_pattern(whole, "\n").flatten()


def check_rejected(count: int, key: str) -> None:
    """Raises DecodeError for so many malformed lines that they would fill the memory."""
    if count > _MANY:
        raise DecodeError(f"{key}: {count:,} malformed lines or more: at most {_MANY:,} are kept")


def _not_blank(lines: pa.Array) -> pa.Array:
    return lines.filter(pc.not_equal(lines, ""))


def _split(body: bytes, width: int, wanted: list[int], key: str, delimiter: bytes) -> tuple[Cells, int, int]:
    """As `_parse`, for a few lines."""
    lines = [line.split(delimiter.decode()) for line in body.decode().split("\n") if line]
    whole = [cells for cells in lines if len(cells) == width]
    check_rejected(len(lines) - len(whole), key)
    found = {place: pa.array([cells[place] for cells in whole], pa.string()) for place in wanted}
    return found, len(whole), len(lines) - len(whole)


def _parse(body: bytes, width: int, wanted: list[int], key: str, delimiter: bytes) -> tuple[Cells, int, int]:
    """The wanted cells by their place, as text; how many lines they are of, and how many other lines have too
    many or too few cells."""
    skipped = 0

    def skip(_: csv.InvalidRow) -> str:
        nonlocal skipped
        skipped += 1
        return "skip" if skipped <= _MANY else "error"

    if not body.strip(b"\n"):
        return {place: pa.array([], pa.string()) for place in wanted}, 0, 0
    names = list(map(str, wanted))
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            csv.ReadOptions(
                column_names=[str(place) for place in range(width)],
                # Arrow makes room for a whole block, which is dear for a small export.
                block_size=min(_BLOCK, len(body) + 1),
                use_threads=len(body) > _BLOCK,
            ),
            csv.ParseOptions(delimiter=delimiter.decode(), quote_char=False, invalid_row_handler=skip),
            csv.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid as error:
        check_rejected(skipped, key)
        raise DecodeError(f"{key}: {one_line(error)}") from error
    return {place: table[str(place)].combine_chunks() for place in wanted}, len(table), skipped


def _misfits(lines: pa.Array, width: int, delimiter: bytes) -> dict[int, str]:
    """Lines with another number of cells than there are columns, number → reason."""
    counts = np.asarray(pc.count_substring(lines, delimiter.decode())) + 1
    wrong = np.flatnonzero(counts != width).tolist()
    return {number: f"{counts[number]} cells: the header has {width}" for number in wrong}
