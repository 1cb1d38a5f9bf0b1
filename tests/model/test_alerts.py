"""Alerts of labelled rows: episodes found, precision, time to detect; by hand, as the threshold counts."""

import numpy as np
import pandas as pd
import pytest
from synthetic import rows
from test_bundle import bundle

from dnsanom.dataset.networks import prefixes
from dnsanom.detect.merge import Merging
from dnsanom.model import alerts
from dnsanom.model.bundle import predict
from dnsanom.model.threshold import false_alerts

START = pd.Timestamp("2026-03-02T08:00:00Z")
MERGING = Merging(300, 60, prefixes([]), lone_packets=20)


def minutes(client: str, vector: str, score: list[float], at: int = 0, packets: int = 5) -> pd.DataFrame:
    """A row a minute of one pair, which starts ten seconds into a minute."""
    n = len(score)
    first = START + pd.to_timedelta(np.arange(at, at + n) * 60 + 10, unit="s")
    episode = None if vector == "benign" else f"{vector} of {client}"
    return pd.DataFrame(
        {
            "client": client,
            "server": "203.0.113.1",
            "first_seen": first,
            "last_seen": first + pd.Timedelta("30s"),
            "packet_count": packets,
            "byte_count": 900,
            "vector": vector,
            "episode": pd.Series([episode] * n, dtype="str"),
            "seen": client.endswith("1"),
            "score": score,
        }
    )


def raised(*parts: pd.DataFrame, told: str = "tunnel") -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.concat(parts, ignore_index=True)
    scored = pd.DataFrame({"score": frame["score"], "vector": told})
    return frame, alerts.raised(frame, scored, 0.5, MERGING)


def test_an_episode_is_found_when_its_incident_has_grown_into_an_alert() -> None:
    frame, flagged = raised(minutes("198.18.0.1", "tunnel", [0.1, 0.9, 0.9, 0.2]))
    (row,) = alerts.episodes(frame, flagged, MERGING).to_dict("records")
    assert row["found"]
    assert row["named"]
    # Its first row is at 08:00:10; two small windows make an alert, and the second of them ends at 08:03.
    assert row["seconds"] == 170
    assert row["strength"] == pytest.approx(4 * 900 / 210)


def test_a_lone_small_window_is_no_alert_and_a_full_one_is() -> None:
    small, full = (minutes("198.18.0.1", "tunnel", [0.9], packets=n) for n in (19, 20))
    assert not alerts.episodes(*raised(small), MERGING)["found"].any()
    assert alerts.episodes(*raised(full), MERGING)["seconds"].tolist() == [50]


def test_figures_of_alerts_by_hand() -> None:
    parts = (
        minutes("198.18.0.1", "tunnel", [0.9, 0.9]),
        minutes("198.18.1.2", "tunnel", [0.1, 0.2], 60),
        minutes("198.18.2.2", "scan", [0.9, 0.8], 120),
        minutes("198.18.3.3", "benign", [0.7, 0.7], 180),
        minutes("198.18.3.3", "benign", [0.1] * 3, 1440 - 3),
    )
    frame, flagged = raised(*parts)
    told = alerts.summary(frame, flagged, MERGING)
    assert told["alerts"] == 3
    assert told["precision"] == pytest.approx(2 / 3, abs=1e-6)
    assert told["false_alerts_per_day"] == pytest.approx(1, abs=0.01)
    # Of one event seen, 0.0253 to 5.5716 are to be expected (Garwood's table).
    assert told["false_alerts_low"] == pytest.approx(0.0253, abs=0.01)
    assert told["false_alerts_high"] == pytest.approx(5.5716, abs=0.02)
    assert told["episode_recall"]["found"] == 2
    assert told["episodes"]["tunnel"]["episodes"] == 2
    assert told["episodes"]["scan"]["named"] == 0
    assert told["attackers"]["seen in training"]["found"] == 1
    assert told["attackers"]["never seen"] | {"low": 0, "high": 0} == {
        "episodes": 2,
        "found": 1,
        "share": 0.5,
        "low": 0,
        "high": 0,
    }


def test_an_alert_of_unknown_finds_an_episode_as_unknown() -> None:
    frame, flagged = raised(minutes("198.18.0.1", "tunnel", [0.9, 0.9]), told="unknown")
    told = alerts.summary(frame, flagged, MERGING)["episodes"]["tunnel"]
    assert (told["found"], told["named"], told["unknown"]) == (1, 0, 1)


@pytest.mark.parametrize("threshold", [0.5, 0.8, 1.0])
def test_false_alerts_are_those_that_the_threshold_is_chosen_by(threshold: float) -> None:
    frame = rows({"benign": 500, "tunnel": 60, "scan": 60}, 7)
    scored = predict(bundle(), frame)
    merging = Merging(300, 60, prefixes([]), lone_packets=0)
    told = alerts.summary(frame, alerts.raised(frame, scored, threshold, merging), merging)
    expected = false_alerts(frame, scored, threshold, merging)
    assert told["false_alerts_per_day"] == pytest.approx(expected, abs=0.01)


def test_nothing_flagged_is_no_alert() -> None:
    frame, flagged = raised(minutes("198.18.0.1", "tunnel", [0.1, 0.2]))
    told = alerts.summary(frame, flagged, MERGING)
    assert (told["alerts"], told["precision"], told["episode_recall"]["found"]) == (0, None, 0)
    assert told["false_alerts_low"] == 0 < told["false_alerts_high"]


def test_recall_falls_and_alerts_get_fewer_as_the_threshold_rises() -> None:
    tunnels = [minutes(f"198.18.{n}.1", "tunnel", [n / 10] * 2, 60 * n) for n in range(10)]
    calm = [minutes(f"198.19.{n}.1", "benign", [n / 20] * 2, 60 * n) for n in range(10)]
    frame = pd.concat([*tunnels, *calm], ignore_index=True)
    scored = pd.DataFrame({"score": frame["score"], "vector": "tunnel"})
    points = alerts.curve(frame, scored, 0.33, MERGING)
    assert 0.33 in [point["threshold"] for point in points]
    found = [point["episode_recall"] for point in points]
    false = [point["false_alerts_per_day"] for point in points]
    assert found == sorted(found, reverse=True)
    assert false == sorted(false, reverse=True)
    assert (found[0], found[-1], false[-1]) == (0.9, 0.1, 0)
