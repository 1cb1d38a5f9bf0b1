"""Sides by time, with gaps; no client and no episode on two of them; and why a row is left out."""

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsanom.dataset.clients import NOWHERE
from dnsanom.dataset.split import CLIENT, EPISODE, GAP, SIDES, borders, by_time, split
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset

WANTED = Dataset(train=0.5, validation=0.25, gap_seconds=10)


def _told(
    seconds: list[float], episodes: list[str | None], client_sides: list[int] | None = None
) -> pd.DataFrame:
    times = pd.to_datetime([round(s * 1000) for s in seconds], unit="ms", utc=True)
    frame = pd.DataFrame({"first_seen": times, "episode": pd.Series(episodes, dtype="str")})
    table = ibis.memtable(frame.assign(client_side=client_sides or [NOWHERE] * len(frame)))
    made: pd.DataFrame = split(by_time(table, borders(0, 399_999, WANTED))).order_by("first_seen").to_pandas()
    assert (made["split"].isna() == made["left_out"].notna()).all()
    return made


def _placed(seconds: list[float], episodes: list[str | None]) -> pd.DataFrame:
    return _told(seconds, episodes).dropna(subset="split")


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


def test_a_row_counts_where_its_time_and_its_client_are_of_the_same_side() -> None:
    made = _told([100, 110, 205, 220, 230, 320, 330], [None] * 7, [0, 1, 0, 0, 1, 2, 1])
    assert made["split"].tolist()[:1] == ["train"]
    assert made["left_out"].fillna("").tolist() == ["", CLIENT, GAP, CLIENT, "", "", CLIENT]


def test_an_episode_is_on_the_first_side_that_has_a_row_of_it() -> None:
    made = _told([100, 220, 230, 320], ["e", "e", "e", "e"], [1, 1, 0, 2])
    assert made["left_out"].fillna("").tolist() == [CLIENT, "", CLIENT, EPISODE]
    assert made["split"].tolist()[1] == "validation"


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
