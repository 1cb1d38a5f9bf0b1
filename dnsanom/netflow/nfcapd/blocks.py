"""From an nfcapd file's bytes to its blocks: every size is checked before it is believed."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from dnsanom.errors import DecodeError, UnfinishedError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd import format1 as nf1
from dnsanom.netflow.nfcapd.header import Header

_BLOCK = struct.Struct("<IIHH")
#: Layout → types of blocks that hold records, and of those that hold other things.
_RECORDS = {nf1.LAYOUT: (nf1.RECORD_BLOCK,), nf.LAYOUT: (nf.OLD_RECORD_BLOCK, nf.RECORD_BLOCK)}
_OTHERS = {nf1.LAYOUT: (nf1.HISTOGRAM_BLOCK, nf1.CATALOG_BLOCK), nf.LAYOUT: (nf.ARRAY_BLOCK,)}


@dataclass(frozen=True)
class Block:
    """A block's header, and its body as it stands in the file, where it begins at byte `at`.

    `known`: it holds records; else its type is one that has never been seen.
    """

    number: int
    records: int
    kind: int
    flags: int
    at: int
    body: memoryview
    known: bool

    def where(self, key: str) -> str:
        """The block's name in messages."""
        return f"{key}: block {self.number:,}"


def read_blocks(data: bytes, header: Header, key: str) -> list[Block]:
    """The blocks that hold records, and those of unknown type, which may.

    Raises DecodeError that names file, block, value and rule; UnfinishedError when the file ends too early.
    """
    blocks, end, view = [], header.start, memoryview(data)
    for block in _bodies(view, header, key):
        _check(block, header, key)
        end = block.at + len(block.body)
        if block.kind not in _OTHERS[header.layout]:
            blocks.append(block)
    _check_end(view, header, end, key)
    return blocks


def _bodies(data: memoryview, header: Header, key: str) -> Iterator[Block]:
    at, records = header.start, _RECORDS[header.layout]
    for number in range(header.blocks):
        where = f"{key}: block {number:,}"
        if at + _BLOCK.size > len(data):
            raise UnfinishedError(f"{where} of {header.blocks:,}: the file ends before its header")
        count, size, kind, flags = _BLOCK.unpack_from(data, at)
        at += _BLOCK.size
        if not 0 < size <= nf.READ_LIMIT:
            raise DecodeError(f"{where}: size {size:,} must be 1 to {nf.READ_LIMIT:,}")
        if size > len(data) - at:
            left = f"{len(data) - at:,} bytes are left"
            raise UnfinishedError(f"{where}: size {size:,} is past the file's end, {left}")
        yield Block(number, count, kind, flags, at, data[at : at + size], kind in records)
        at += size


def _check(block: Block, header: Header, key: str) -> None:
    if block.known and not block.records:
        raise DecodeError(f"{block.where(key)}: 0 records: a block holds at least one")
    if header.layout == nf1.LAYOUT and block.kind == nf1.BLOCK_OF_1_5:
        raise DecodeError(f"{block.where(key)}: type 1, of nfdump 1.5: only those of nfdump 1.6 can be read")


def _check_end(data: memoryview, header: Header, end: int, key: str) -> None:
    """What follows the last block must be the appendix that the header speaks of."""
    if not header.blocks and not header.appendix_blocks and (header.layout == nf.LAYOUT or end < len(data)):
        raise UnfinishedError(
            f"{key}: 0 blocks, and {len(data) - end:,} bytes follow: not closed by its collector yet"
        )
    said = header.appendix_at if header.appendix_blocks else len(data)
    if end != said:
        raise DecodeError(f"{key}: blocks end at byte {end:,}, the header says {said:,}")
    for number in range(header.appendix_blocks):
        size = _BLOCK.unpack_from(data, end)[1] if end + _BLOCK.size <= len(data) else 0
        end += _BLOCK.size + size
        if end > len(data):
            raise UnfinishedError(f"{key}: block {number:,} of the appendix is past the file's end")
