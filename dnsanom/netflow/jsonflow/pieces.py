"""Where the objects of a JSON document stand, and each of them read: by lines, or from `}` to `{`.

Damage stays where it is: in a file of lines a malformed line is a row that is no object, elsewhere the text
up to the next `}` and `{` is. An array that is cut off keeps its whole objects, and what is left is such a
row, if only an empty one that says so.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

Object = dict[str, Any]
Span = tuple[int, int]
#: What makes an object of a text, or says what is wrong with it.
Load = Callable[[bytes], Object | str]
Row = tuple[Span, Object | str]

#: Pieces that may make one object together, as those of `{"a": [{}, {}]}` do, and how often that is tried.
_MOST_PIECES, _MOST_TRIES = 64, 4
_BETWEEN = re.compile(rb"\}[\s,\[\]]*(?=\{)")
_BLANK = b" \t\r\n\f\v"
_LEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
#: Blanks that may follow the last ].
_TAIL = 1 << 16
_CUT = "cut off: no ] ends the array"
_NO_OBJECT = "must be an object"


def read_pieces(data: bytes, load: Load) -> Iterator[Row]:
    """Each row's place, and its object or what is wrong with it."""
    start = _LEAD.match(data).end()  # type: ignore[union-attr]  # it matches nothing at least
    if data[start : start + 1] == b"[" or not _is_lines(data, start):
        return _objects(data, start, load)
    return _lines(data, start, load)


def _is_lines(data: bytes, start: int) -> bool:
    """Does the first line with a `{` hold more than that, which it does not where objects span lines?"""
    at = data.find(b"{", start)
    end = data.find(b"\n", at)
    return len(data[at : end if end >= 0 else len(data)].strip(_BLANK)) > 1


def _lines(data: bytes, start: int, load: Load) -> Iterator[Row]:
    """A row for each line that is not blank; a comma may follow the object."""
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        text = data[start:end].rstrip(_BLANK + b",")
        if text.strip():
            yield (start, start + len(text)), load(text)
        start = end + 1


def _objects(data: bytes, start: int, load: Load) -> Iterator[Row]:
    """A row for each object, and for text that is none before the first or after the last of them."""
    is_cut = data[start : start + 1] == b"[" and not data[-_TAIL:].rstrip(_BLANK).endswith(b"]")
    first = data.find(b"{", start)
    opens = len(data) if first < 0 else first
    if data[start:opens].strip(_BLANK + b"[],"):
        yield (start, opens), _NO_OBJECT
    end = opens
    for (begin, end), found in _joined(data, opens, load):
        if isinstance(found, str) and data.find(b"{", end) < 0:
            yield (begin, len(data)), _CUT if is_cut else found
            return
        yield (begin, end), found
    if data[end:].strip(_BLANK + b"]"):
        yield (end, len(data)), _CUT if is_cut and not data[end:].strip(_BLANK + b",") else _NO_OBJECT
    elif is_cut:
        yield (end, len(data)), _CUT


def _joined(data: bytes, first: int, load: Load) -> Iterator[Row]:
    """The pieces, those put together that are an object only as a whole."""
    pieces, ahead = _pieces(data, first), list[Span]()
    while ahead or (ahead := list(islice(pieces, _MOST_PIECES))):
        (begin, end), taken = ahead[0], 1
        found = load(data[begin:end])
        if isinstance(found, str) and _is_open(*_opened(data, begin, end)):
            ahead += islice(pieces, _MOST_PIECES - len(ahead))
            for many in islice(_closings(data, ahead), _MOST_TRIES):
                whole = load(data[begin : ahead[many - 1][1]])
                if isinstance(whole, dict):
                    found, taken, end = whole, many, ahead[many - 1][1]
                    break
        yield (begin, end), found
        del ahead[:taken]


def _opened(data: bytes, begin: int, end: int) -> tuple[int, int]:
    """How many more braces a text opens than it closes, and its quotes, escaped ones left out."""
    braces = data.count(b"{", begin, end) - data.count(b"}", begin, end)
    return braces, data.count(b'"', begin, end) - data.count(b'\\"', begin, end)


def _is_open(braces: int, quotes: int) -> bool:
    return braces > 0 or quotes % 2 == 1


def _closings(data: bytes, ahead: list[Span]) -> Iterator[int]:
    """After how many pieces all that the first ones open seems closed."""
    braces = quotes = 0
    for number, span in enumerate(ahead, 1):
        more = _opened(data, *span)
        braces, quotes = braces + more[0], quotes + more[1]
        if number > 1 and not _is_open(braces, quotes):
            yield number


def _pieces(data: bytes, at: int) -> Iterator[Span]:
    """From `{` to the `}` that another `{` follows."""
    for between in _BETWEEN.finditer(data, at):
        yield at, between.start() + 1
        at = between.end()
    if at < len(data):
        end = data.rfind(b"}", at) + 1
        yield at, end or len(data)
