"""The choice of features: what tells a vector, once."""

import numpy as np
import pandas as pd
import pytest

from dnsanom.dataset.features import choose

NAMES = ["useful", "copy", "noise", "constant", "rare"]


@pytest.fixture
def rows() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    vector = np.repeat(["benign", "flood", "scan", "tunnel"], [1500, 500, 500, 40])
    useful = pd.Series(vector).map({"benign": 0, "flood": 1, "scan": 2, "tunnel": 0}).to_numpy() * 10.0
    useful += draw.normal(size=len(vector))
    return pd.DataFrame(
        {
            "vector": vector,
            "useful": useful,
            "copy": useful * 2 + 1,
            "noise": draw.normal(size=len(vector)),
            "constant": 1.0,
            "rare": (vector == "tunnel") * 1.0,
        }
    )


def test_what_tells_is_taken_and_its_copy_is_not(rows: pd.DataFrame) -> None:
    choice = choose(rows, NAMES, 2)
    assert set(choice.features) in ({"useful", "rare"}, {"copy", "rare"})
    assert choice.told["tunnel"] == pytest.approx(1)


def test_every_feature_is_scored_and_a_constant_tells_nothing(rows: pd.DataFrame) -> None:
    choice = choose(rows, NAMES, 2)
    assert list(choice.scores) == NAMES
    assert choice.scores["constant"] == {"alone": 0, "adds": 0, "place": None}
    assert choice.scores["copy"]["alone"] == choice.scores["useful"]["alone"]
    assert choose(rows, NAMES, 5).features[-1] == "constant"
    assert sorted(s["place"] for s in choice.scores.values() if s["place"]) == [1, 2]


def test_shares_are_those_of_the_entropies() -> None:
    rows = pd.DataFrame({"vector": ["a"] * 4 + ["b"] * 4, "x": [0.0] * 4 + [1.0] * 4, "y": [0.0, 1.0] * 4})
    choice = choose(rows, ["x", "y"], 1)
    assert choice.scores["x"] == {"alone": 1, "adds": 1, "place": 1}
    assert choice.scores["y"] == {"alone": 0, "adds": 0, "place": None}


def test_the_order_of_the_rows_changes_nothing(rows: pd.DataFrame) -> None:
    assert choose(rows.sample(frac=1, random_state=1), NAMES, 3) == choose(rows, NAMES, 3)


def test_one_vector_alone_is_no_reason_to_fail() -> None:
    assert (
        len(
            choose(
                pd.DataFrame({"vector": ["benign"] * 3, "x": [1.0, 2, 3], "y": 0.0}), ["x", "y"], 2
            ).features
        )
        == 2
    )
