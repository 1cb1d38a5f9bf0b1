"""Sides by time, with gaps, and no episode on two of them."""

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsanom.dataset.split import SIDES, borders, split
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset

WANTED = Dataset(train=0.5, validation=0.25, gap_seconds=10)


def _placed(seconds: list[float], episodes: list[str | None]) -> pd.DataFrame:
    times = pd.to_datetime([round(s * 1000) for s in seconds], unit="ms", utc=True)
    table = ibis.memtable(pd.DataFrame({"first_seen": times, "episode": pd.Series(episodes, dtype="str")}))
    made: pd.DataFrame = split(table, borders(0, 399_999, WANTED)).order_by("first_seen").to_pandas()
    return made


def test_the_gap_comes_out_of_the_later_side() -> None:
    at = borders(0, 399_999, WANTED)
    assert [at.span(side) for side in SIDES] == [(0, 200_000), (210_000, 300_000), (310_000, 400_000)]
    made = _placed([0, 199.999, 200, 209.999, 210, 299.999, 300, 309.999, 310, 399.999], [None] * 10)
    assert made["split"].tolist() == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2


def test_an_episode_stays_on_its_first_side() -> None:
    made = _placed([100, 190, 220, 230, 320, 205, 240], ["e", None, "e", "f", "f", "g", "g"])
    kept = list(zip(made["episode"], made["split"], strict=True))
    assert [k for k in kept if k[0] == "e"] == [("e", "train")]
    assert [k for k in kept if k[0] == "f"] == [("f", "validation")]
    assert [k for k in kept if k[0] == "g"] == [("g", "validation")]


@given(
    st.lists(st.tuples(st.floats(0, 399.9), st.sampled_from([None, "a", "b", "c"])), min_size=1, max_size=30)
)
@settings(max_examples=25, deadline=None)
def test_no_episode_is_on_two_sides_and_no_row_in_a_gap(rows: list[tuple[float, str | None]]) -> None:
    made = _placed([s for s, _ in rows], [e for _, e in rows])
    at = borders(0, 399_999, WANTED)
    assert (made.dropna(subset="episode").groupby("episode")["split"].nunique() <= 1).all()
    ms = made["first_seen"].dt.as_unit("ms").astype("int64")
    for side in SIDES:
        start, end = at.span(side)
        assert ms[made["split"] == side].between(start, end - 1).all()
    benign = [
        s for s, e in rows if e is None and any(a <= round(s * 1000) < b for a, b in map(at.span, SIDES))
    ]
    assert made["episode"].isna().sum() == len(benign)


def test_a_gap_that_leaves_nothing_is_an_error() -> None:
    with pytest.raises(
        DatasetError, match="gap_seconds: 600: leaves nothing of the validation side of 1000 s"
    ):
        borders(0, 999_999, Dataset(gap_seconds=600))
