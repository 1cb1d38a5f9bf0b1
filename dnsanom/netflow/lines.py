"""Lines of comma separated cells, with the line number and raw text of each within reach."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from dnsanom.errors import DecodeError

#: Arrow's parser takes no line longer than its block.
_BLOCK = 4 << 20
_FOOTER = b"\nSummary\n"


@dataclass(frozen=True)
class Lines:
    """The lines below the header that have as many cells as it.

    `cells` are the wanted columns as text. `places` tells each one's number among all lines, None when no
    line was left out; `misfits` are those left out, number → reason.
    """

    names: tuple[str, ...]
    cells: dict[str, pa.Array]
    count: int
    body: bytes = field(repr=False)
    places: npt.NDArray[np.int64] | None = None
    misfits: dict[int, str] = field(default_factory=dict)

    @cached_property
    def _all(self) -> list[bytes]:
        return split_lines(self.body)

    def number(self, at: int) -> int:
        """The number of the line that stands at a place in `cells`."""
        return at if self.places is None else int(self.places[at])

    def raw(self, number: int) -> str:
        """A line as it stands in the export."""
        return self._all[number].decode()


def split_lines(body: bytes) -> list[bytes]:
    """The lines that are not blank."""
    return [line for line in body.split(b"\n") if line]


def read_lines(data: bytes, key: str, wanted: tuple[str, ...]) -> Lines:
    """The lines of an export with one header line, and perhaps nfdump's footer."""
    header, _, body = _plain(data).lstrip(b" \t\n").partition(b"\n")
    names = tuple(name.strip() for name in header.decode().split(","))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DecodeError(f"{key}: header: column {twice!r} stands there twice")
    body = _without_footer(body)
    table, skipped = _parse(body, names, [name for name in wanted if name in names], key)
    found = {name: table[name].combine_chunks() for name in table.column_names}
    if not skipped:
        return Lines(names, found, len(table), body)
    misfits = _misfits(body, len(names))
    places = np.setdiff1d(np.arange(len(table) + len(misfits)), list(misfits))
    return Lines(names, found, len(table), body, places, misfits)


def _plain(data: bytes) -> bytes:
    """Text with plain line ends; bytes that are not UTF-8 become visible, so that they fail in their cell."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data if data.isascii() else data.decode(errors="backslashreplace").encode()


def _without_footer(body: bytes) -> bytes:
    """The lines before nfdump's summary: a line `Summary`, its header and its figures."""
    at = (b"\n" + body).rfind(_FOOTER)
    after = [] if at < 0 else split_lines(body[at:])[1:]
    whole = at >= 0 and len(after) <= 2 and all(line.startswith(b"flows,") for line in after[:1])
    return body[:at] if whole else body


def _parse(body: bytes, names: tuple[str, ...], wanted: list[str], key: str) -> tuple[pa.Table, int]:
    """The wanted cells as text, and how many lines have too many or too few."""
    skipped = 0

    def skip(_: csv.InvalidRow) -> str:
        nonlocal skipped
        skipped += 1
        return "skip"

    if not body.strip(b"\n"):
        return pa.table({name: pa.array([], pa.string()) for name in wanted}), 0
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            csv.ReadOptions(column_names=list(names), block_size=_BLOCK),
            csv.ParseOptions(quote_char=False, invalid_row_handler=skip),
            csv.ConvertOptions(include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string())),
        )
    except pa.ArrowInvalid as error:
        raise DecodeError(f"{key}: {' '.join(str(error).split())}") from error
    return table, skipped


def _misfits(body: bytes, width: int) -> dict[int, str]:
    """Lines with another number of cells than the header, number → reason."""
    counts = [line.count(b",") + 1 for line in split_lines(body)]
    return {n: f"{count} cells: the header has {width}" for n, count in enumerate(counts) if count != width}
