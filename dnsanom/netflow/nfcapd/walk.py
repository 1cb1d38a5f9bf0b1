"""Where the records of a block begin: records differ in length, and only the one before tells."""

import math

import numpy as np
import numpy.typing as npt

from dnsanom.errors import DecodeError
from dnsanom.netflow.nfcapd import format as nf

Offsets = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]
_HEAD = 4
#: How many kinds of flow record, each a type and a size, are looked for at once.
_KINDS = 8


class Walker:
    """Finds the records of one block after the other; blocks of a file hold the same few kinds of record."""

    def __init__(self) -> None:
        self._heads: list[int] = []

    def walk(self, block: memoryview, count: int, where: str) -> tuple[Offsets, Words]:
        """Offset, and type and size in one word, of the block's `count` records, which must fill it; `where`
        begins an error."""
        chained = _by_words(block, count, self._heads)
        if chained is not None:
            return chained
        found = _by_steps(block, count, where)
        words = _words(block, found)
        self._learn(np.unique(words[np.isin(words & 0xFFFF, nf.FLOW_RECORDS)]).tolist())
        return found, words

    def _learn(self, heads: list[int]) -> None:
        """Look for these, too, in the blocks to come; for these alone when there would be too many."""
        both = sorted({*self._heads, *heads})
        self._heads = both if len(both) <= _KINDS else heads


def _words(block: memoryview, offsets: Offsets) -> Words:
    """The four bytes that each record begins with: type and size."""
    words: Words = np.ndarray((len(block) - 3,), "<u4", block, strides=(1,))[offsets]
    return words


def _by_words(block: memoryview, count: int, heads: list[int]) -> tuple[Offsets, Words] | None:
    """Offsets and words by looking for what flow records begin with; None unless they chain without a gap.

    Records begin at multiples of whatever divides all their sizes. All words there that look like a record's
    first are candidates; when each ends where the next begins, they are the records and nothing else is.
    """
    step = math.gcd(*(head >> 16 for head in heads))
    if not 0 < len(heads) <= _KINDS or step % 4 or len(block) % step:
        return None
    words = np.frombuffer(block, "<u4")[:: step // 4]
    found = words == heads[0]
    for head in heads[1:]:
        found |= words == head
    starts = np.flatnonzero(found)
    offsets = starts * step
    heads_there = words[starts]
    ends = offsets + (heads_there >> 16)
    chained = len(starts) == count and starts[0] == 0 and ends[-1] == len(block)
    return (offsets, heads_there) if chained and bool((ends[:-1] == offsets[1:]).all()) else None


def _by_steps(block: memoryview, count: int, where: str) -> Offsets:
    """Offsets by going from record to record."""
    offsets, at, end = [], 0, len(block)
    for number in range(count):
        if at + _HEAD > end:
            raise DecodeError(f"{where}: record {number:,} of {count:,}: the block ends before it")
        size = block[at + 2] | block[at + 3] << 8
        if size < _HEAD or at + size > end:
            rule = f"must be 4 to {end - at:,}, what is left of the block"
            raise DecodeError(f"{where}: record {number:,}: size {size:,} {rule}")
        offsets.append(at)
        at += size
    if at != end:
        raise DecodeError(f"{where}: {count:,} records take {at:,} bytes, its header says {end:,}")
    return np.array(offsets, dtype=np.int64)
