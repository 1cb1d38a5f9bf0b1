"""Wounds to bytes and to text; each takes and gives bytes, and draws from the given Random alone."""

import re
from collections.abc import Callable
from random import Random

from fuzz.words import LINES, NASTY, NUMBERS

Mutate = Callable[[bytes, Random], bytes]
#: What stands between the delimiters of any printed format.
_CELL = re.compile(rb'[^\s,|;:"\[\]{}=]+|(?<=,)(?=,)|"[^"\n]*"')
_DELIMITERS = (b",", b"|", b";", b"\t", b" ", b":", b'"', b".", b"\n", b"\r\n", b"\r", b"{", b"}", b"[", b"]")
#: No input grows past this.
MOST = 1 << 19


def _place(data: bytes, draw: Random) -> int:
    return int(draw.random() * (len(data) + 1))


def number(data: bytes, draw: Random) -> bytes:
    """Another number of 1 to 8 bytes, of an extreme kind or near the one that stands there."""
    width, at = draw.choice((1, 2, 2, 4, 4, 8)), _place(data, draw) & ~draw.choice((0, 1, 3))
    old = int.from_bytes(data[at : at + width], "little")
    new = draw.choice(NUMBERS) if draw.random() < 0.7 else old + draw.choice((-4, -1, 1, 4, 64))
    return data[:at] + (new % (1 << 8 * width)).to_bytes(width, "little") + data[at + width :]


def bit(data: bytes, draw: Random) -> bytes:
    """One bit turned."""
    if not data:
        return data
    at = int(draw.random() * len(data))
    return data[:at] + bytes([data[at] ^ (1 << int(draw.random() * 8))]) + data[at + 1 :]


def cut(data: bytes, draw: Random) -> bytes:
    """A piece taken out."""
    at, size = _place(data, draw), 1 + int(draw.random() * draw.choice((4, 64, 512)))
    return data[:at] + data[at + size :]


def double(data: bytes, draw: Random) -> bytes:
    """A piece put in a second time, there or elsewhere."""
    at, to, size = _place(data, draw), _place(data, draw), 1 + int(draw.random() * draw.choice((4, 64, 512)))
    return data[:to] + data[at : at + size] + data[to:]


def noise(data: bytes, draw: Random) -> bytes:
    """A piece drawn anew."""
    at, size = _place(data, draw), 1 + int(draw.random() * 24)
    return data[:at] + draw.randbytes(size) + data[at + size :]


def end(data: bytes, draw: Random) -> bytes:
    """The end cut off."""
    return data[: _place(data, draw)]


def cell(data: bytes, draw: Random) -> bytes:
    """Another text in place of a cell."""
    at = _place(data, draw)
    found = _CELL.search(data, at) or _CELL.search(data)
    if found is None:
        return data
    new = draw.choice(NASTY).encode(errors="surrogatepass")
    return data[: found.start()] + new + data[found.end() :]


def swap(data: bytes, draw: Random) -> bytes:
    """Two cells in each other's place."""
    one, two = (_CELL.search(data, _place(data, draw)) for _ in range(2))
    if one is None or two is None or one.end() > two.start():
        return data
    between = data[one.end() : two.start()]
    return data[: one.start()] + two[0] + between + one[0] + data[two.end() :]


def delimiter(data: bytes, draw: Random) -> bytes:
    """A delimiter put in, or in place of a byte."""
    at = _place(data, draw)
    return data[:at] + draw.choice(_DELIMITERS) + data[at + draw.choice((0, 1)) :]


def line(data: bytes, draw: Random) -> bytes:
    """A line doubled, dropped, moved, or a strange one put in."""
    lines = data.split(b"\n")
    at, to = int(draw.random() * len(lines)), int(draw.random() * len(lines))
    match int(draw.random() * 5):
        case 0:
            lines[to:to] = [lines[at]] * draw.choice((1, 1, 2, 40))
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[to] = lines[to], lines[at]
        case 3:
            lines[at : at + 2] = [b"".join(lines[at : at + 2])]
        case _:
            lines[at:at] = [draw.choice(LINES).encode()]
    return b"\n".join(lines)


BYTES: tuple[Mutate, ...] = (number, number, bit, cut, double, noise, end)
TEXT: tuple[Mutate, ...] = (cell, cell, cell, cell, swap, delimiter, line, line, bit, cut, double, noise, end)


def several(kinds: tuple[Mutate, ...]) -> Mutate:
    """One to four wounds of these kinds; cutting off the end is rarer than the others."""

    def mutate(data: bytes, draw: Random) -> bytes:
        for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
            kind = draw.choice(kinds)
            if kind is end and draw.random() < 0.6:
                continue
            data = kind(data, draw)
            if len(data) > MOST:
                return data[:MOST]
        return data

    return mutate
