"""A part of a data set is a share of the traffic, and alerts a day are those of all of it."""

import json
from pathlib import Path

import pandas as pd
import pytest
from synthetic import prepared

from dnsanom.model import frames
from dnsanom.model.threshold import days
from dnsanom.model.traffic import SHARE, traffic_share
from dnsanom.settings import Settings


def _told(folder: Path, share: float | None) -> None:
    sides = {"validation": {"share_kept": {"benign": share, "attacks": 1.0}}}
    (folder / "summary.json").write_text(json.dumps({"sides": sides}))


def test_days_are_worth_the_share_of_clients_that_are_left(settings: Settings) -> None:
    folder = prepared(settings).dataset("window")
    whole = days(frames.load(settings, "window", "validation"))
    _told(folder, 0.25)
    rows = frames.load(settings, "window", "validation")
    assert days(rows) == pytest.approx(whole / 4)
    assert days(rows[rows["vector"] == "benign"]) == pytest.approx(whole / 4, rel=0.01)


def test_without_a_summary_it_is_all_of_it(tmp_path: Path) -> None:
    assert traffic_share(tmp_path, "test") == 1
    _told(tmp_path, None)
    assert traffic_share(tmp_path, "validation") == traffic_share(tmp_path, "test") == 1
    assert SHARE not in pd.DataFrame().attrs
