"""Exports put together to batches, each a worker's task."""

from collections.abc import Iterator, Sequence

from dnsanom.store.export import ObjectInfo

#: Bytes of a batch, at most a quarter of a million flows of nfcapd's: what one checkpoint run sees. Few
#: exports make it hardly smaller, so that they take the memory that many do. A larger one is a batch alone.
LEAST, MOST = 16 << 20, 22 << 20
#: Exports of a batch at most, and batches for each process at least, as far as the sizes allow.
EXPORTS, ROUNDS = 64, 3


def batches(infos: Sequence[ObjectInfo], processes: int) -> Iterator[list[ObjectInfo]]:
    """The exports in their order, batch by batch."""
    share = sum(info.size for info in infos) // (ROUNDS * processes)
    limit = max(LEAST, min(MOST, share))
    batch: list[ObjectInfo] = []
    size = 0
    for info in infos:
        if batch and (size + info.size > limit or len(batch) == EXPORTS):
            yield batch
            batch, size = [], 0
        batch.append(info)
        size += info.size
    if batch:
        yield batch
