"""What features tell of the vectors."""

import numpy as np
import pandas as pd
import pytest

from dnsanom.dataset.telling import Teller, order, scores

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
    teller = Teller(rows, NAMES)
    taken = order(teller, NAMES, 2)
    assert set(taken) in ({"useful", "rare"}, {"copy", "rare"})
    told = dict(zip(teller.vectors.tolist(), teller.told(taken).tolist(), strict=True))
    assert told["tunnel"] == pytest.approx(1)


def test_every_feature_is_scored_and_a_constant_tells_nothing(rows: pd.DataFrame) -> None:
    teller = Teller(rows, NAMES)
    taken = order(teller, NAMES, 2)
    made = scores(teller, NAMES, taken)
    assert list(made) == NAMES
    assert made["constant"] == {"alone": 0, "adds": 0, "place": None}
    assert made["copy"]["alone"] == made["useful"]["alone"]
    assert order(teller, NAMES, 5)[-1] == "constant"
    assert [made[name]["place"] for name in taken] == [1, 2]


def test_shares_are_those_of_the_entropies() -> None:
    rows = pd.DataFrame({"vector": ["a"] * 4 + ["b"] * 4, "x": [0.0] * 4 + [1.0] * 4, "y": [0.0, 1.0] * 4})
    made = scores(Teller(rows, ["x", "y"]), ["x", "y"], ["x"])
    assert made["x"] == {"alone": 1, "adds": 1, "place": 1}
    assert made["y"] == {"alone": 0, "adds": 0, "place": None}


def test_one_vector_alone_is_no_reason_to_fail() -> None:
    rows = pd.DataFrame({"vector": ["benign"] * 3, "x": [1.0, 2, 3], "y": 0.0})
    assert len(order(Teller(rows, ["x", "y"]), ["x", "y"], 2)) == 2
