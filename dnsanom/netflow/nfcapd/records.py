"""All records of an nfcapd file: blocks opened, every record's place known."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.blocks import Block, read_blocks
from dnsanom.netflow.nfcapd.header import Header
from dnsanom.netflow.nfcapd.unpack import open_block
from dnsanom.netflow.nfcapd.walk import Offsets, Walker, Words
from dnsanom.netflow.parallel import side_by_side
from dnsanom.netflow.wrap import LIMIT

#: Added to the type of a block that has never been seen, which counts as one record.
UNKNOWN_BLOCK = 1 << 16
#: Blocks that are opened side by side before their size is looked at.
_BATCH = 16
#: Packed bytes that are worth a thread.
_MUCH = 1 << 16


@dataclass(frozen=True)
class Records:
    """Records of a file: the bytes they stand in, where each begins (ascending), each one's type and size."""

    data: memoryview
    offsets: Offsets
    kinds: Words
    sizes: Words

    def part(self, chosen: slice | npt.NDArray[np.bool_]) -> "Records":
        """Some of them; the same arrays when that is all."""
        if not isinstance(chosen, slice) and chosen.all():
            return self
        return Records(self.data, self.offsets[chosen], self.kinds[chosen], self.sizes[chosen])


def read_records(data: bytes, header: Header, key: str) -> Records:
    """The records of all data blocks. Raises DecodeError that names file, block, value and rule."""
    blocks = read_blocks(data, header, key)
    if header.compression == nf.NOT_COMPRESSED:
        return _walked(memoryview(data), blocks, [b.body for b in blocks], [b.at for b in blocks], key)
    opened, starts = bytearray(), [0]
    for at in range(0, len(blocks), _BATCH):
        batch = blocks[at : at + _BATCH]
        worth_it = len(batch) > 1 and sum(len(block.body) for block in batch) > _MUCH
        for body in side_by_side(lambda b: _opened(b, header.compression, key), batch, worth_it):
            opened += body
            starts.append(len(opened))
        if len(opened) > LIMIT:
            raise DecodeError(f"{batch[-1].where(key)}: more than {LIMIT:,} bytes so far when decompressed")
    view = memoryview(opened)
    bodies = [view[start:end] for start, end in pairwise(starts)]
    return _walked(view, blocks, bodies, starts[:-1], key)


def _opened(block: Block, compression: int, key: str) -> bytes | memoryview:
    return open_block(block, compression, key) if block.known else block.body


def _walked(
    data: memoryview, blocks: list[Block], bodies: list[memoryview], starts: list[int], key: str
) -> Records:
    """Records of the blocks, each with its body and the byte of `data` where that begins."""
    walker, offsets, words = Walker(), [np.zeros(0, np.int64)], [np.zeros(0, np.uint32)]
    unknown: list[tuple[int, int]] = []
    for block, body, start in zip(blocks, bodies, starts, strict=True):
        if block.known:
            found, heads = walker.walk(body, block.records, block.where(key))
        else:
            unknown.append((sum(map(len, words)), block.kind))
            found, heads = np.zeros(1, np.int64), np.full(1, min(len(body), 0xFFFF) << 16, np.uint32)
        offsets.append(found + start)
        words.append(heads)
    both = np.concatenate(words)
    kinds = both & np.uint32(0xFFFF)
    for place, kind in unknown:
        kinds[place] = UNKNOWN_BLOCK | kind
    return Records(data, np.concatenate(offsets), kinds, both >> np.uint32(16))
