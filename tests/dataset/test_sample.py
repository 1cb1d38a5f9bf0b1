"""Which training rows are kept."""

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsanom.dataset.sample import quotas, thin
from dnsanom.schema import ATTACKS, BENIGN


def _rows(counts: dict[tuple[str, str | None], int]) -> ibis.Table:
    made = [
        {"client": f"c{i}", "server": "s", "vector": v, "episode": e, "byte_count": i}
        for (v, e), n in counts.items()
        for i in range(n)
    ]
    frame = pd.DataFrame(made).assign(first_seen=pd.Timestamp("2026-03-02", tz="UTC"))
    return ibis.memtable(frame.astype({"episode": "str"}))


@given(
    st.dictionaries(st.sampled_from([BENIGN, *ATTACKS]), st.integers(1, 5000), min_size=1),
    st.integers(100, 3000),
)
def test_quotas_keep_to_the_limits(counts: dict[str, int], most: int) -> None:
    kept = quotas(counts, most)
    assert set(kept) == set(counts)
    assert all(1 <= kept[v] <= counts[v] for v in counts)
    # What even shares can't divide is at most one row a vector.
    assert min(most, sum(counts.values())) - len(ATTACKS) <= sum(kept.values()) <= most
    attacks = sum(n for v, n in kept.items() if v != BENIGN)
    assert attacks <= max(most // 2, most - counts.get(BENIGN, 0))


def test_a_scarce_vector_is_kept_whole_and_its_share_goes_on() -> None:
    assert quotas({"benign": 9000, "flood": 9000, "scan": 9000, "tunnel": 10}, 1000) == {
        "tunnel": 10, "flood": 245, "scan": 245, "benign": 500
    }  # fmt: skip


def test_every_episode_has_its_turn() -> None:
    rows = _rows({("flood", "big"): 500, ("flood", "small"): 3, (BENIGN, None): 400})
    counts, keep = {"flood": 503, BENIGN: 400}, {"flood": 20, BENIGN: 30}
    made = thin(rows, counts, keep, 7).to_pandas()
    assert made["vector"].value_counts().to_dict() == keep
    assert made["episode"].value_counts().to_dict() == {"big": 17, "small": 3}


@pytest.mark.parametrize("n", [5000, 50_000])
def test_the_seed_decides(n: int) -> None:
    rows, counts, keep = _rows({(BENIGN, None): n}), {BENIGN: n}, {BENIGN: 100}
    one, again, other = (set(thin(rows, counts, keep, s).to_pandas()["client"]) for s in (1, 1, 2))
    assert one == again
    assert len(one) == len(other) == 100
    assert len(one & other) < 20
