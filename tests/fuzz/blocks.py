"""Wounds to nfcapd files by their structure: what a block holds is changed before it is packed again."""

import struct
from random import Random

import nfcapd_bytes

from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from fuzz.mutate import BYTES, Mutate, number, several
from fuzz.words import NUMBERS

_BLOCK = struct.Struct("<IIHH")
_HEADERS = {nf1.LAYOUT: nf1.FILE_HEADER.itemsize, nf.LAYOUT: nf.FILE_HEADER.itemsize}
#: Where the fields of the file's header stand, (place, width).
_FIELDS = {
    layout: tuple((at, min(kind.itemsize, 8)) for kind, at in header.fields.values())
    for layout, header in ((nf1.LAYOUT, nf1.FILE_HEADER), (nf.LAYOUT, nf.FILE_HEADER))
}
_ANY = several(BYTES)
Block = tuple[int, int, int, bytes]


def wounds(layout: int, compressions: tuple[int, ...]) -> Mutate:
    """Mutations of an uncompressed file of this layout, packed afterwards in one of these ways."""

    def mutate(data: bytes, draw: Random) -> bytes:
        compression = draw.choice(compressions)
        if draw.random() < 0.15:
            return _ANY(packed(data, layout, compression), draw)
        head, blocks = _apart(data, layout)
        for _ in range(draw.choice((1, 1, 2, 3))):
            match draw.choice("hbrrrrreeeex"):
                case "h":
                    at, width = draw.choice(_FIELDS[layout])
                    head = _put(head, at, width, draw)
                case "b":
                    blocks = _block(blocks, draw)
                case "r":
                    blocks = _body(blocks, _record, draw)
                case "e":
                    blocks = _body(blocks, _element, draw)
                case _:
                    blocks = _body(blocks, _ANY, draw)
        hurt = _whole(head, blocks, layout, compression, draw)
        return _ANY(hurt, draw) if draw.random() < 0.05 else hurt

    return mutate


def packed(data: bytes, layout: int, compression: int) -> bytes:
    """The file with every block packed."""
    head, blocks = _apart(data, layout)
    return _whole(head, blocks, layout, compression, None)


def _apart(data: bytes, layout: int) -> tuple[bytes, list[Block]]:
    """The file's header, and its blocks as records, type, flags and body, those of the appendix too."""
    at, blocks = _HEADERS[layout], []
    while at + _BLOCK.size <= len(data):
        count, size, kind, flags = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        blocks.append((count, kind, flags, data[at : at + size]))
        at += size
    return data[: _HEADERS[layout]], blocks


def _whole(head: bytes, blocks: list[Block], layout: int, compression: int, draw: Random | None) -> bytes:
    """Header and blocks as a file; sizes are true, but for some that `draw` picks."""
    parts = [head]
    for count, kind, flags, body in blocks:
        inside = nfcapd_bytes.PACK[compression](body) if compression and body else body
        size = len(inside) if draw is None or draw.random() > 0.02 else draw.choice(NUMBERS)
        parts.append(_BLOCK.pack(count % 2**32, size % 2**32, kind, flags) + inside)
    if compression and layout == nf.LAYOUT:
        parts[0] = head[:16] + bytes([compression]) + head[17:]
        parts[0] = _appendix(parts)
    elif compression:
        bits = {packed: bit for bit, packed in nf1.COMPRESSION.items()}[compression]
        parts[0] = head[:4] + bytes([head[4] | bits]) + head[5:]
    elif layout == nf.LAYOUT and draw is not None and draw.random() < 0.9:
        parts[0] = _appendix(parts)
    return b"".join(parts)


def _appendix(parts: list[bytes]) -> bytes:
    """The header with the place where the appendix, the last block, begins."""
    head = parts[0]
    if not head[18] or len(parts) < 3:
        return head
    return head[:24] + sum(map(len, parts[:-1])).to_bytes(8, "little") + head[32:]


def _block(blocks: list[Block], draw: Random) -> list[Block]:
    """A block doubled, dropped, or with another header."""
    if not blocks:
        return blocks
    at = int(draw.random() * len(blocks))
    count, kind, flags, body = blocks[at]
    match int(draw.random() * 5):
        case 0:
            return [*blocks[:at], blocks[at], *blocks[at:]]
        case 1:
            return blocks[:at] + blocks[at + 1 :]
        case 2:
            count = draw.choice((*NUMBERS, count + 1, count - 1))
        case 3:
            kind = draw.choice((0, 1, 2, 3, 4, 5, 0xFFFF))
        case _:
            flags = draw.choice((0, 1, 2, 0xFFFF))
    return [*blocks[:at], (count, kind, flags, body), *blocks[at + 1 :]]


def _body(blocks: list[Block], mutate: Mutate, draw: Random) -> list[Block]:
    if not blocks:
        return blocks
    at = int(draw.random() * len(blocks))
    count, kind, flags, body = blocks[at]
    hurt = mutate(body, draw)
    if mutate is _record and draw.random() < 0.8:
        count = len(_starts(hurt)) or count
    return [*blocks[:at], (count, kind, flags, hurt), *blocks[at + 1 :]]


def _starts(body: bytes) -> list[int]:
    """Where records begin, as far as their sizes tell."""
    starts, at = [], 0
    while at + 4 <= len(body):
        size = int.from_bytes(body[at + 2 : at + 4], "little")
        if size < 4:
            break
        starts.append(at)
        at += size
    return starts


def _record(body: bytes, draw: Random) -> bytes:
    """A record doubled, dropped, grown, cut, moved, or with another type or size."""
    starts = _starts(body)
    if not starts:
        return number(body, draw)
    at = draw.choice(starts)
    size = int.from_bytes(body[at + 2 : at + 4], "little")
    record, rest = body[at : at + size], body[at + size :]
    match int(draw.random() * 6):
        case 0:
            record += record
        case 1:
            record = b""
        case 2:
            record = draw.choice((*range(17), 0x8001, 0xFFFF)).to_bytes(2, "little") + record[2:]
        case 3:
            record = record[:2] + (draw.choice(NUMBERS) % 2**16).to_bytes(2, "little") + record[4:]
        case 4:
            size = max(4, size + draw.choice((-8, -4, -2, 2, 4, 8, 600)))
            record = record[:2] + (size % 2**16).to_bytes(2, "little") + record[4:size].ljust(size - 4, b"\0")
        case _:
            return body[:at] + rest + record
    return body[:at] + record + rest


def _element(body: bytes, draw: Random) -> bytes:
    """Another number somewhere in a record, most of all where elements have their id and length."""
    starts = _starts(body)
    if not starts:
        return number(body, draw)
    at = draw.choice(starts)
    size = int.from_bytes(body[at + 2 : at + 4], "little")
    where = at + draw.choice(
        (4, 8, 12, 14, 12 + 4 * int(draw.random() * size / 4), int(draw.random() * size))
    )
    return _put(body, where, draw.choice((1, 2, 2, 4, 8)), draw)


def _put(data: bytes, at: int, width: int, draw: Random) -> bytes:
    new = draw.choice(NUMBERS) % (1 << 8 * width)
    return data[:at] + new.to_bytes(width, "little") + data[at + width :]
