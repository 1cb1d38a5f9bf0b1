"""Where the records of a block begin: records differ in length, and only the one before tells."""

import math
import struct

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError

Offsets = npt.NDArray[np.int64]
_HEAD = struct.Struct("<HH")
#: How many records are stepped through to learn which type and size words a block holds, and how many words.
_SAMPLE, _KINDS = 64, 8


def record_offsets(block: memoryview, count: int, where: str) -> Offsets:
    """Offsets of the block's `count` records, which must fill it. `where` begins the DecodeError."""
    offsets = _by_words(block, count)
    return _by_steps(block, count, where) if offsets is None else offsets


def _by_words(block: memoryview, count: int) -> Offsets | None:
    """Offsets by looking for the words that records begin with; None unless they chain without a gap.

    Records begin at multiples of whatever divides all their sizes. All words there that look like a record's
    first are candidates; when each ends where the next begins, they are the records and nothing else is.
    """
    if len(block) % 4:
        return None
    heads = _heads(block, count)
    step = math.gcd(*(head >> 16 for head in heads))
    if not heads or len(heads) > _KINDS or step % 4:
        return None
    words = np.frombuffer(block, "<u4")[:: step // 4]
    found = words == heads[0]
    for head in heads[1:]:
        found |= words == head
    starts = np.flatnonzero(found)
    offsets = starts * step
    ends = offsets + (words[starts] >> 16)
    chained = len(starts) == count and starts[0] == 0 and ends[-1] == len(block)
    return offsets if chained and bool((ends[:-1] == offsets[1:]).all()) else None


def _heads(block: memoryview, count: int) -> list[int]:
    """The distinct first words of the block's first records."""
    heads, at = [], 0
    for _ in range(min(count, _SAMPLE)):
        if at + _HEAD.size > len(block):
            return []
        kind, size = _HEAD.unpack_from(block, at)
        if size < _HEAD.size:
            return []
        heads.append(kind | size << 16)
        at += size
    return list(dict.fromkeys(heads))


def _by_steps(block: memoryview, count: int, where: str) -> Offsets:
    """Offsets by going from record to record."""
    offsets, at, end = [], 0, len(block)
    for number in range(count):
        if at + _HEAD.size > end:
            raise DecodeError(f"{where}: record {number:,} of {count:,}: the block ends before it")
        size = _HEAD.unpack_from(block, at)[1]
        if size < _HEAD.size or at + size > end:
            rule = f"must be 4 to {end - at:,}, what is left of the block"
            raise DecodeError(f"{where}: record {number:,}: size {size:,} {rule}")
        offsets.append(at)
        at += size
    if at != end:
        raise DecodeError(f"{where}: {count:,} records take {at:,} bytes, its header says {end:,}")
    return np.array(offsets, dtype=np.int64)
