"""A challenger beside the champion over a real lake and registry."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hand_made import HOUR, calm, day, halves, put, scan, table, tunnel
from test_explain import register

from dnsanom.detect import state
from dnsanom.detect.detect import detect
from dnsanom.detect.difference import Difference, Side, compare
from dnsanom.detect.output_shadow import page
from dnsanom.detect.shadow import scheduled, shadow, shadow_to
from dnsanom.errors import BadUseError, RegistryError
from dnsanom.model.bundle import Bundle
from dnsanom.settings import Settings


@pytest.fixture
def project(settings: Settings, folder: str) -> Settings:
    """A project with a champion."""
    register(settings, folder)
    return settings


@pytest.fixture
def rival(project: Settings, folder: str) -> str:
    """Folder of a challenger that takes scans for floods and floods for scans."""
    bundle = Bundle.load(Path(folder))
    last = bundle.pipeline[-1]
    names = {"scan": "flood", "flood": "scan"}
    made = replace(bundle, card=bundle.card | {"version": None, "name": "rival"})
    last.classes_ = last.classes_.copy()

    last.classes_[:] = [names.get(c, c) for c in last.classes_]
    made.save(project.root / "rival")
    return str(project.root / "rival")


def vectors(found: Difference) -> dict[str, dict[str, int]]:
    return found.by_vector()


def test_what_both_have_is_matched_and_nobody_is_alerted(project: Settings, rival: str) -> None:
    put(project, *halves(day()))
    found = shadow(project, "window", rival)
    assert {(one["vector"], other["vector"]) for one, other in found.both} == {
        ("tunnel", "tunnel"),
        ("scan", "flood"),
        ("flood", "scan"),
    }
    assert (found.only_champion, found.only_challenger) == ([], [])
    assert found.renamed == sum(one["vector"] != "tunnel" for one, _ in found.both)
    assert found.by_vector()["scan"] == {"both": 1, "only_champion": 0, "only_challenger": 0}
    assert found.by_day() == {"2026-03-02": {"both": 3, "only_champion": 0, "only_challenger": 0}}
    assert not (project.data / "alerts").exists()
    assert len(detect(project, [], "window")) == 3  # the champion's own memory has not moved


def test_what_only_one_has_is_told_apart(project: Settings, folder: str) -> None:
    strict = Bundle.load(Path(folder))
    replace(strict, card=strict.card | {"threshold": 1.1, "version": "9"}).save(project.root / "strict")
    put(project, *halves(day()))
    found = shadow(project, "window", str(project.root / "strict"))
    assert ({a["vector"] for a in found.only_champion}, found.both, found.only_challenger) == (
        {"tunnel", "scan", "flood"},
        [],
        [],
    )
    assert "  only the champion: 3 alerts" in found.lines()


def test_alerts_of_windows_of_other_lengths_meet(project: Settings, folder: str) -> None:
    coarse = Bundle.load(Path(folder))
    card = coarse.card | {"window_seconds": 1_800, "version": "9"}
    replace(coarse, card=card).save(project.root / "coarse")
    put(project, table(tunnel(1_500, 4), "a"))
    found = shadow(project, "window", str(project.root / "coarse"))
    assert [(one["windows"], other["windows"]) for one, other in found.both] == [(4, 1)]


def test_a_run_goes_on_and_the_difference_is_of_all_hours(project: Settings, rival: str) -> None:
    first, second = halves(day())
    put(project, first)
    out = project.root / "shadow.json"
    before = shadow_to(project, "window", rival, out)
    put(project, second)
    after = shadow_to(project, "window", rival, out)
    assert [len({one["id"] for one, _ in found.both}) for found in (before, after)] == [2, 3]
    assert (after.champion.scored.hours, after.champion.first) == (1, "2026-03-02T08:00:00Z")
    told = json.loads(out.read_text())
    assert (told["first_hour"], told["last_hour"]) == ("2026-03-02T08:00:00Z", "2026-03-02T10:00:00Z")
    assert {pair["champion"]["vector"] for pair in told["both"]} == {"tunnel", "scan", "flood"}
    assert "Only the challenger (0)" in out.with_suffix(".html").read_text()


def test_another_pair_begins_anew_and_the_last_is_forgotten(
    project: Settings, rival: str, folder: str
) -> None:
    put(project, table([*calm(0, 30), *scan(600, 50)], "a"))
    shadow(project, "window", rival)
    other = Bundle.load(Path(folder))
    replace(other, card=other.card | {"version": "9", "threshold": 0.6}).save(project.root / "other")
    assert len(shadow(project, "window", str(project.root / "other")).both) == 1
    with state.opened(project.data / "detect.db", "any") as memory:
        readers = {name for (name,) in memory._connection.execute("SELECT DISTINCT reader FROM scored")}
    assert len(readers) == 2


def test_hours_that_a_model_learned_from_are_left_out(project: Settings, folder: str) -> None:
    put(project, *halves(day()))
    learner = Bundle.load(Path(folder))
    card = learner.card | {"version": "9", "learned_until": "2026-03-02T08:59:59.000Z"}
    replace(learner, card=card).save(project.root / "learner")
    found = shadow(project, "window", str(project.root / "learner"))
    assert (found.champion.first, len(found.both)) == ("2026-03-02T09:00:00Z", 2)


def test_the_alias_makes_it_scheduled(project: Settings, model_folder: Callable[[str], str]) -> None:
    assert not scheduled(project, "window")
    with pytest.raises(RegistryError, match="no version has the alias challenger"):
        shadow(project, "window")
    with pytest.raises(BadUseError, match="needs the number of a version"):
        shadow_to(project, "window", "somewhere", project.root / "s.json", schedule=True)
    with pytest.raises(BadUseError, match="the challenger is the champion itself"):
        shadow_to(project, "window", "1", project.root / "s.json", schedule=True)
    assert scheduled(project, "window")


def side(*alerts: tuple[str, str, int, int]) -> Side:
    """Alerts as (id, client, first window, last window)."""
    windows = [{"alert": i, "client": c, "server": "s", "window": w} for i, c, *both in alerts for w in both]
    bodies = [{"id": i, "vector": "tunnel", "first_seen": "2026-03-02T00:00:00Z"} for i, *_ in alerts]
    return Side({"name": "m", "version": "1"}, 0.5, bodies, pd.DataFrame(windows), None, None, None)  # type: ignore[arg-type]


def test_alerts_meet_by_pair_and_time() -> None:
    found = compare(
        "window",
        side(("a", "x", 0, 600), ("b", "y", 0, 60)),
        side(("c", "x", 900, 960), ("d", "x", HOUR, HOUR), ("e", "z", 0, 60)),
        360,
    )
    assert [(one["id"], other["id"]) for one, other in found.both] == [("a", "c")]
    assert [a["id"] for a in found.only_champion] == ["b"]
    assert [a["id"] for a in found.only_challenger] == ["d", "e"]


def test_the_page_escapes_what_came_from_traffic(project: Settings, rival: str) -> None:
    put(project, table([*calm(0, 20), *tunnel(600, 2)], "a"))
    found = shadow(project, "window", rival)
    found.both[0][0]["words"] = "<script>alert(1)</script>"
    assert "<script>alert" not in page(found)


def test_the_page_names_other_vectors_first_and_says_when_there_are_no_hours(
    project: Settings, rival: str
) -> None:
    put(project, *halves(day()))
    both = page(shadow(project, "window", rival)).partition("<h2>Both")[2]
    assert both.index(' other">flood</td>') < both.index(">tunnel</td>")
    assert both.index(' other">scan</td>') < both.index(">tunnel</td>")
    nothing = page(compare("window", side(), side(), 360))
    assert "the lake has no hour yet that both may score" in nothing
    assert nothing.count("None.") == 3
