"""Kinds of ISP: repeatable, different from each other, and the same day however it is sampled."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dnsanom.errors import BadUseError
from dnsanom.schema import ATTACKS
from dnsanom.simulate import simulate_day
from dnsanom.simulate.day import BACKGROUND, LOOKALIKES
from dnsanom.simulate.profile import DEFAULT, PROFILES, Profile
from dnsanom.simulate.schedule import WAYS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _day(profile: str, sampling: int = 1) -> tuple[pa.Table, pd.DataFrame]:
    return simulate_day(NOON, 1, 60, seed=4, sampling=sampling, profile=profile)


def _keys(flows: pa.Table) -> set[tuple[object, ...]]:
    names = ["src_ip", "dst_ip", "src_port", "dst_port", "protocol", "tos"]
    return set(zip(*(flows[name].to_pylist() for name in names), strict=True))


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_repeatable_and_has_every_vector(profile: str) -> None:
    flows, truth = _day(profile)
    again, told = _day(profile)
    assert flows.equals(again)
    assert truth.equals(told)
    assert set(truth["vector"]) == set(ATTACKS)


def test_profiles_differ_in_who_asks_and_the_default_is_one_of_them() -> None:
    days = {name: _day(name)[0] for name in PROFILES}
    assert days[DEFAULT].equals(simulate_day(NOON, 1, 60, seed=4)[0])
    lines = {
        name: len({source for source in flows["src_ip"].to_pylist() if source.startswith("2001:db8:c000:")})
        for name, flows in days.items()
    }
    assert lines["mobile"] > lines["campus"] > lines[DEFAULT]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_sample_is_of_the_same_day(profile: str) -> None:
    whole, truth = _day(profile)
    for rate in (10, 100):
        thin, same = _day(profile, rate)
        assert same.equals(truth)
        assert _keys(thin) <= _keys(whole)
        assert thin.num_rows < whole.num_rows / 2


@pytest.mark.parametrize("habits", PROFILES.values(), ids=list(PROFILES))
def test_a_profile_names_what_there_is(habits: Profile) -> None:
    assert np.mean(habits.curve) == pytest.approx(1, abs=0.03)
    assert sum(habits.resolvers) == pytest.approx(1)
    assert sum(habits.kinds.values()) <= 1
    assert set(habits.often) <= {part.__name__ for part in (*BACKGROUND, *LOOKALIKES)}
    assert set(habits.episodes) <= set(ATTACKS)
    for vector, ways in habits.ways.items():
        assert set(ways) <= {way.__name__ for way in WAYS[vector]}


def test_an_unknown_profile_is_named_with_the_known_ones() -> None:
    with pytest.raises(BadUseError, match="'rural': unknown, known are residential, mobile, campus"):
        _day("rural")


def test_the_docs_know_every_way_and_every_profile() -> None:
    text = (Path(__file__).parents[2] / "docs/simulator.md").read_text()
    named = [*PROFILES, *(way.__name__ for ways in WAYS.values() for way in ways)]
    assert [name for name in named if f"`{name}`" not in text] == []
