from math import log1p

import pytest

from dnsanom.detect.evidence import LEAST, MOST, evidence, robust_z
from dnsanom.schema import FEATURES, WINDOW_FEATURES, feature_names

LOGGED = next(f for f in WINDOW_FEATURES if f.name == "query_packets")
SHARE = next(f for f in WINDOW_FEATURES if f.name == "tcp_share")


def card(view: str) -> dict[str, object]:
    usual = {name: [2.0, 0.5] for name in feature_names(view)}
    return {"usual": usual, "features": ["query_packets", "packets"], "window_seconds": 60}


def test_distance_is_on_the_scale_that_the_model_sees() -> None:
    assert robust_z(LOGGED, 1240, 8, 9) == pytest.approx((log1p(1240) - log1p(8)) / log1p(1))
    assert robust_z(SHARE, 0.9, 0.1, 0.2) == pytest.approx(4)


def test_a_spread_of_zero_does_not_make_a_small_step_infinite() -> None:
    assert robust_z(SHARE, 0.1, 0, 0) == pytest.approx(2)
    assert robust_z(LOGGED, 1, 1, 0) == 0


def test_a_share_has_no_room_for_a_wide_spread() -> None:
    assert robust_z(SHARE, 1, 0, 1) == pytest.approx(4)


def test_what_is_farthest_comes_first_with_direction() -> None:
    row = dict.fromkeys(feature_names("window"), 2.0) | {"query_packets": 5_000.0, "answered": 0.0}
    first, second, *rest = evidence("window", row, card("window"))
    assert (first["feature"], first["direction"], first["in_model"]) == ("query_packets", "high", True)
    assert (second["feature"], second["direction"], second["in_model"]) == ("answered", "low", False)
    assert {piece["direction"] for piece in rest} == {"usual"}
    assert first["words"] == "5,000 query packets in 60 s, usually 2"


@pytest.mark.parametrize("standing", [0, 4, 15])
@pytest.mark.parametrize("view", FEATURES)
def test_three_to_five_features_are_told(view: str, standing: int) -> None:
    amounts = [f.name for f in FEATURES[view] if not f.name.endswith(("_role", "_class"))]
    row = dict.fromkeys(feature_names(view), 2.0) | dict.fromkeys(amounts[:standing], 1e6)
    found = evidence(view, row, card(view))
    assert len(found) == min(MOST, max(LEAST, standing))
    far = [abs(piece["z"]) for piece in found]
    assert far == sorted(far, reverse=True)
