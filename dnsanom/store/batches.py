"""Exports put together to batches, each a worker's task."""

from collections.abc import Iterator, Sequence

from dnsanom.store.export import ObjectInfo

#: Bytes of a batch, about 200,000 flows of nfcapd's: what one checkpoint run sees. It is the same however
#: many exports there are, and so is the memory that they take. A larger export is a batch alone.
BYTES = 18 << 20
#: Exports of a batch at most.
EXPORTS = 64


def batches(infos: Sequence[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    """The exports in their order, batch by batch."""
    batch: list[ObjectInfo] = []
    size = 0
    for info in infos:
        if batch and (size + info.size > BYTES or len(batch) == EXPORTS):
            yield batch
            batch, size = [], 0
        batch.append(info)
        size += info.size
    if batch:
        yield batch
