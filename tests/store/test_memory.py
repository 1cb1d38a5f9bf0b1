"""Which exports are taken apart alone, and how exports are put together to batches."""

import gzip
from datetime import UTC, datetime

import numpy as np
import pytest

from dnsanom.store import batches as put_together
from dnsanom.store import memory
from dnsanom.store.batches import batches
from dnsanom.store.export import ObjectInfo

LINES = b"".join(b"2026-03-02,198.18.0.%d,53\n" % (n % 250) for n in range(20_000))


def _info(key: int, size: int) -> ObjectInfo:
    return ObjectInfo(str(key), "e", size, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("data", "large"),
    [
        (LINES, False),
        (LINES * 3, True),
        (np.random.default_rng(7).bytes(300_000), True),
        (gzip.compress(LINES), False),
        (b"", False),
    ],
    ids=["loose", "loose and large", "packed", "packed and small", "empty"],
)
def test_large_is_what_unpacks_to_much(data: bytes, large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LARGE", 2 * len(LINES))
    assert memory.is_large(data) is large


def test_batches_keep_the_order_and_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(put_together, "BYTES", 50)
    monkeypatch.setattr(put_together, "EXPORTS", 3)
    infos = [_info(n, size) for n, size in enumerate([5, 5, 5, 5, 40, 20, 500, 1, 49, 50])]
    made = list(batches(infos))
    assert [info for batch in made for info in batch] == infos
    sizes = [[info.size for info in batch] for batch in made]
    assert sizes == [[5, 5, 5], [5, 40], [20], [500], [1, 49], [50]]
    assert list(batches([])) == []


def test_few_exports_make_batches_like_many() -> None:
    few, many = (list(batches([_info(n, 4 << 20) for n in range(count)])) for count in (12, 288))
    assert [len(batch) for batch in few] == [len(batch) for batch in many[: len(few)]]
