"""Which of a sweep's best settings becomes its candidate."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dnsanom.model import best
from dnsanom.model.board import Result
from dnsanom.model.ground import Place

PLACE = Place("chosen", 60)


def result(k: int, replicates: tuple[float, ...], share: float = 1, place: Place = PLACE) -> Result:
    figures = {"macro_f1": sum(replicates) / len(replicates)}
    return Result({"n_neighbors": k}, place, share, figures, pd.DataFrame(), replicates, 0, 0)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[int, int]:
    """Of ten episodes, how many a setting's alerts find; fitting is left out."""
    found: dict[int, int] = {}

    def made(model: str, ground: Any, result: Result) -> Any:
        episodes = {"tunnel": {"episodes": 10, "flagged": found[result.setting["n_neighbors"]]}}
        return SimpleNamespace(
            card={"validation": {"within_budget": True, "macro_f1": 0.8, "episodes": episodes}}
        )

    monkeypatch.setattr(best, "best", made)
    return found


def kept(*ordered: Result) -> int:
    grounds: Any = SimpleNamespace(at=lambda place: None)
    return int(best.chosen("knn", grounds, list(ordered))[0].setting["n_neighbors"])


def test_of_settings_that_rows_can_not_tell_apart_the_one_that_finds_most(found: dict[int, int]) -> None:
    found |= {3: 5, 7: 9, 15: 6}
    assert kept(result(15, (0.8, 0.9)), result(7, (0.85, 0.8)), result(3, (0.85, 0.7))) == 7


def test_of_equals_the_first(found: dict[int, int]) -> None:
    found |= {7: 9, 15: 9}
    assert kept(result(15, (0.8, 0.9)), result(7, (0.85, 0.8))) == 15


def test_what_is_worse_dropped_or_of_other_windows_is_none_of_them(found: dict[int, int]) -> None:
    found |= {3: 9, 7: 9, 9: 9, 15: 6}
    worse = result(3, (0.7, 0.8))
    dropped = result(7, (0.9, 0.9), share=0.25)
    other = result(9, (0.9, 0.9), place=Place("chosen", 30))
    assert kept(result(15, (0.8, 0.9)), worse, dropped, other) == 15
