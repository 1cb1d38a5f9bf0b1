import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hand_made import HOUR, RESOLVER, START, ask, calm, day, halves, put, table, tunnel

from dnsanom.detect import state
from dnsanom.detect.alert import Alert, Detection
from dnsanom.detect.detect import Run, detect, detect_to
from dnsanom.errors import NoChampionError
from dnsanom.model.bundle import Bundle
from dnsanom.settings import Settings
from dnsanom.store import lake

ModelFolder = Callable[[str], str]


def without(alert: Alert, *names: str) -> dict[str, object]:
    return {key: value for key, value in alert.items() if key not in names}


def test_attacks_become_one_alert_each(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    found = detect(settings, [], "window", folder)
    by_vector = {alert["vector"]: alert for alert in found}
    assert len(found) == len(by_vector) == 3
    assert (by_vector["scan"]["client"], by_vector["scan"]["server"]) == ("240.0.1.1", None)
    assert (by_vector["flood"]["client"], by_vector["flood"]["server"]) == (None, RESOLVER)
    assert (by_vector["tunnel"]["client"], by_vector["tunnel"]["server"]) == ("198.18.7.7", RESOLVER)
    assert (by_vector["scan"]["servers"], by_vector["flood"]["clients"]) == (60, 6)


def test_an_alert_says_what_it_is_made_of(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    alert = next(a for a in detect(settings, [], "window", folder) if a["vector"] == "tunnel")
    assert alert["first_seen"] == "2026-03-02T08:56:02.000Z"
    assert alert["last_seen"] == "2026-03-02T09:03:52.010Z"
    assert (alert["windows"], alert["flows"], alert["packets"]) == (8, 16, 8 * 400)
    assert alert["bytes"] == 8 * 200 * (230 + 280)
    assert alert["spans"] == [["2026-03-02T08:56:00.000Z", "2026-03-02T09:04:00.000Z"]]
    assert alert["exports"] == ["nfcapd.0800", "nfcapd.0900"]
    assert alert["model"] == {"name": "dnsanom-window", "version": "1"}
    assert (alert["data_md5"], alert["code"], alert["threshold"]) == (
        "0123456789abcdef0123456789abcdef",
        "abcdef0",
        0.5,
    )
    told = [piece["words"] for piece in alert["evidence"]]
    assert "200 query packets in 60 s, usually 2 (its peers)" in told
    assert alert["neighbours"][0]["vector"] == "tunnel"
    assert json.loads(json.dumps(alert)) == alert


def test_alerts_are_sorted_by_severity(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    found = [alert["severity"] for alert in detect(settings, [], "window", folder)]
    assert found == sorted(found, reverse=True)
    assert all(0 < severity <= 100 for severity in found)


def test_a_second_run_finds_nothing_new(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    assert len(detect(settings, [], "window", folder)) == 3
    again = detect(settings, [], "window", folder)
    assert (len(again), again.scored.hours, again.scored.rows) == (0, 0, 0)
    assert "nothing new" in again.lines()[0]


def test_an_attack_over_two_runs_is_one_alert(settings: Settings, folder: str) -> None:
    first, second = halves(day())
    put(settings, first)
    early = {a["vector"]: a for a in detect(settings, [], "window", folder)}
    put(settings, second)
    late = {a["vector"]: a for a in detect(settings, [], "window", folder)}
    assert (set(early), set(late)) == ({"scan", "tunnel"}, {"tunnel", "flood"})
    assert early["tunnel"]["id"] == late["tunnel"]["id"]
    assert (early["tunnel"]["windows"], late["tunnel"]["windows"]) == (4, 8)


def test_runs_in_parts_end_where_one_run_does(settings: Settings, folder: str, tmp_path: Path) -> None:
    first, second = halves(day())
    put(settings, second)
    parts = {a["id"]: a for a in detect(settings, [], "window", folder)}
    put(settings, first)
    parts |= {a["id"]: a for a in detect(settings, [], "window", folder)}
    at_once = settings.model_copy(update={"data": tmp_path / "other"})
    put(at_once, first, second)
    whole = detect(at_once, [], "window", folder)
    tunnel_id = next(a["id"] for a in whole if a["vector"] == "tunnel")
    kept = next(a["id"] for a in parts.values() if a["vector"] == "tunnel")
    assert kept != tunnel_id  # the id it was given first stands, though it began earlier than was known
    assert [without(a, "id") for a in whole] == [
        without(a, "id") for a in sorted(parts.values(), key=lambda a: -a["severity"])
    ]


def test_a_late_export_changes_the_alert_and_keeps_its_id(settings: Settings, folder: str) -> None:
    first, second = halves(day())
    put(settings, first, second)
    before = {a["vector"]: a for a in detect(settings, [], "window", folder)}
    put(settings, table(tunnel(HOUR - 480, 4), "nfcapd.late"))
    after = detect(settings, [], "window", folder)
    assert [a["vector"] for a in after] == ["tunnel"]
    assert after.alerts[0]["id"] == before["tunnel"]["id"]
    assert (after.alerts[0]["windows"], after.scored.hours) == (12, 1)
    assert "nfcapd.late" in after.alerts[0]["exports"]
    assert after.withdrawn == ()


def test_an_export_that_explains_an_alert_withdraws_it(settings: Settings, folder: str) -> None:
    put(settings, table([*calm(0, 30), *tunnel(600, 1)], "a"))
    (alert,) = detect(settings, [], "window", folder)
    lake.remove(settings.lake, "a")
    put(settings, table(calm(0, 30), "a"))
    after = detect(settings, [], "window", folder)
    assert (len(after), after.withdrawn) == (0, (alert["id"],))


def test_what_could_not_be_delivered_comes_again(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))

    def fail(found: Detection) -> None:
        assert len(found) == 3
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        detect(settings, [], "window", folder, fail)
    assert len(detect(settings, [], "window", folder)) == 3


def test_another_model_scores_the_lake_anew(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    first = detect(settings, [], "window", folder)
    path = Path(folder) / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": "2"}))
    second = detect(settings, [], "window", folder)
    assert [a["id"] for a in first] == [a["id"] for a in second]
    assert {a["model"]["version"] for a in second} == {"2"}


def _as_champion(
    settings: Settings, folder: str, version: str, until: str | None = None, length: int = 60
) -> Detection:
    bundle = Bundle.load(Path(folder))
    card = bundle.card | {"version": version, "learned_until": until, "window_seconds": length}
    reader = state.champion_of("window")
    return Run(settings, "window", replace(bundle, card=card), reader).over_lake(None, None)


def test_the_next_champion_goes_on_where_the_last_one_stopped(settings: Settings, folder: str) -> None:
    first, second = halves(day())
    put(settings, first)
    before = _as_champion(settings, folder, "1")
    assert len(before) > 0
    assert _as_champion(settings, folder, "2").idle
    put(settings, second)
    after = _as_champion(settings, folder, "2")
    assert {a["model"]["version"] for a in after} == {"2"}
    kept = {a["id"] for a in before} & {a["id"] for a in after}
    assert kept < {a["id"] for a in after}


def test_a_champion_of_other_windows_scores_its_own_and_so_does_the_one_that_comes_back(
    settings: Settings, folder: str
) -> None:
    first, second = halves(day())
    put(settings, first)
    before = {a["client"]: a for a in _as_champion(settings, folder, "1")}
    half_past = tunnel(HOUR + 2_430, 2, "198.18.8.8")
    put(settings, second, table(half_past, "nfcapd.0940"))
    after = {a["client"]: a for a in _as_champion(settings, folder, "2", length=30)}
    assert {a["window_seconds"] for a in before.values()} == {60}
    assert (after["198.18.8.8"]["window_seconds"], clock(after["198.18.8.8"])) == (
        30,
        ["09:40:30-09:41:00", "09:41:30-09:42:00"],
    )
    assert after["198.18.7.7"]["id"] == before["198.18.7.7"]["id"]
    put(settings, table([*calm(2 * HOUR, 30), *tunnel(2 * HOUR + 930, 2, "198.18.9.9")], "nfcapd.1000"))
    back = {a["client"]: a for a in _as_champion(settings, folder, "1")}["198.18.9.9"]
    assert (back["window_seconds"], clock(back)) == (60, ["10:15:00-10:17:00"])


def clock(alert: Alert) -> list[str]:
    """An alert's spans by their times of day."""
    return [f"{since[11:19]}-{until[11:19]}" for since, until in alert["spans"]]


def test_the_first_champion_does_not_alert_what_it_learned_from(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    learned = f"{START + timedelta(hours=1) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    found = _as_champion(settings, folder, "1", learned)
    assert (found.scored.hours, {a["vector"] for a in found}) == (1, {"tunnel", "flood"})
    assert _as_champion(settings, folder, "2", learned).idle


def test_the_flow_view_makes_alerts_too(settings: Settings, model_folder: ModelFolder) -> None:
    put(settings, *halves(day()))
    found = detect(settings, [], "flow", model_folder("flow"))
    assert {"tunnel", "flood"} <= {a["vector"] for a in found}
    assert {a["view"] for a in found} == {"flow"}
    assert len(detect(settings, [], "flow", str(settings.root / "model-flow"))) == 0


def test_hours_before_since_are_left_alone(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    found = detect(settings, [], "window", folder, since=START + timedelta(hours=1))
    assert (found.scored.hours, {a["vector"] for a in found}) == (1, {"tunnel", "flood"})
    assert detect(settings, [], "window", folder).scored.hours == 1


def test_a_run_with_nothing_new_leaves_the_files_of_the_last(settings: Settings, folder: str) -> None:
    put(settings, *halves(day()))
    out = settings.root / "alerts.json"
    first = detect_to(settings, [], "window", folder, out)
    assert detect_to(settings, [], "window", folder, out).idle
    assert json.loads(out.read_text()) == first.alerts


def small_tunnel(minute: int) -> list[dict[str, object]]:
    """One window of a tunnel with few packets."""
    return ask(60 * minute + 5, "198.18.7.7", RESOLVER, packets=9, out=230, back=280)


def test_a_lone_small_window_is_counted_and_not_alerted(settings: Settings, folder: str) -> None:
    put(settings, table([*calm(0, 10), *small_tunnel(5)], "a"))
    found = detect(settings, [], "window", folder)
    assert (len(found), found.lone) == (0, 1)
    assert "  1 single window too small for an alert" in found.lines()


def test_a_lone_small_window_is_remembered_and_may_grow(settings: Settings, folder: str) -> None:
    put(settings, table([*calm(0, 60), *small_tunnel(59)], "a"))
    assert len(detect(settings, [], "window", folder)) == 0
    put(settings, table([*calm(HOUR, 10), *small_tunnel(60)], "b"))
    (alert,) = detect(settings, [], "window", folder)
    assert (alert["windows"], alert["exports"]) == (2, ["a", "b"])
    lake.remove(settings.lake, "b")
    put(settings, table(calm(HOUR, 10), "b"))
    after = detect(settings, [], "window", folder)
    assert (len(after), after.lone, after.withdrawn) == (0, 1, (alert["id"],))


def test_calm_traffic_gives_no_alert(settings: Settings, folder: str) -> None:
    put(settings, table(calm(0, 30), "calm"))
    found = detect(settings, [], "window", folder)
    assert len(found) == 0
    assert found.scored.rows == 30 * 6


def test_no_champion_is_one_clear_error(settings: Settings) -> None:
    with pytest.raises(NoChampionError, match="no champion yet"):
        detect(settings, [], "window")


def test_random_order_of_exports_gives_the_same_alerts(
    settings: Settings, folder: str, tmp_path: Path
) -> None:
    rows = day()
    random.Random(5).shuffle(rows)
    parts = [table(rows[n::4], f"part{n}") for n in range(4)]
    put(settings, *parts)
    found = detect(settings, [], "window", folder)
    other = settings.model_copy(update={"data": tmp_path / "other"})
    put(other, *halves(day()))
    straight = detect(other, [], "window", folder)
    assert [without(a, "exports") for a in found] == [without(a, "exports") for a in straight]


def test_alerts_are_written_as_json_and_page(settings: Settings, folder: str, tmp_path: Path) -> None:
    put(settings, *halves(day()))
    out = tmp_path / "new" / "alerts.json"
    found = detect_to(settings, [], "window", folder, out)
    assert json.loads(out.read_text()) == found.alerts
    assert "3 DNS alerts" in out.with_suffix(".html").read_text()
    assert sorted(p.name for p in out.parent.iterdir()) == ["alerts.html", "alerts.json"]
