"""What was usual: an alerted client's own windows before, and its peers at the time."""

from collections.abc import Callable

from hand_made import RESOLVER, ask, calm, flood, put, scan, table, tunnel

from dnsanom.detect.alert import Alert, Evidence
from dnsanom.detect.detect import detect
from dnsanom.settings import Settings


def only(settings: Settings, folder: str, rows: list[dict[str, object]]) -> Alert:
    put(settings, table(rows, "a"))
    (alert,) = detect(settings, [], "window", folder)
    return alert


def of(alert: Alert, feature: str) -> Evidence:
    return next(piece for piece in alert["evidence"] if piece["feature"] == feature)


def quiet(client: str, minutes: int) -> list[dict[str, object]]:
    """A client that asks five short names each minute."""
    return [row for m in range(minutes) for n in range(5) for row in ask(60 * m + 9 * n + 1, client, out=60)]


def test_an_alert_is_told_beside_its_own_past_and_its_peers(settings: Settings, folder: str) -> None:
    found = only(settings, folder, [*quiet("198.18.7.7", 20), *calm(0, 40), *tunnel(1_800, 3)])
    piece = of(found, "query_packets")
    assert (piece["value"], piece["own"], piece["peers"]) == (200, 5, 2)
    assert piece["words"] == "200 query packets in 60 s, usually 5 (its own), 2 (its peers)"
    assert found["words"].startswith("198.18.7.7 and 198.51.100.10: 230 bytes in each query packet, usually ")


def test_what_is_older_than_the_settings_say_is_no_history(settings: Settings, folder: str) -> None:
    detect_ = settings.params.detect.model_copy(update={"history_hours": 0.25})
    params = settings.params.model_copy(update={"detect": detect_})
    short = settings.model_copy(update={"params": params})
    found = only(short, folder, [*quiet("198.18.7.7", 20), *calm(0, 60), *tunnel(2_400, 3)])
    assert of(found, "query_packets")["own"] is None


def test_hosts_of_another_role_are_no_peers(settings: Settings, folder: str) -> None:
    found = only(settings, folder, [*calm(0, 40), *scan(1_200, 60)])
    assert {piece["peers"] for piece in found["evidence"]} == {None}
    assert of(found, "fan_out")["words"] == "the client asked 60 servers in 60 s, usually 1"


def test_those_who_attack_together_are_no_measure_of_one_another(settings: Settings, folder: str) -> None:
    found = only(settings, folder, [*calm(0, 40), *flood(1_800, 2, 20)])
    assert (found["vector"], found["clients"]) == ("flood", 20)
    assert of(found, "query_packets")["peers"] == 2


def test_what_was_told_of_an_alert_stands_while_it_does(settings: Settings, folder: str) -> None:
    first = only(settings, folder, [*calm(0, 59), *tunnel(1_800, 3)])
    late = [row for n in range(40) for row in ask(1_790 + n, f"198.18.30.{n}", RESOLVER, packets=3)]
    put(settings, table(late, "late"))
    assert len(detect(settings, [], "window", folder)) == 0
    put(settings, table(tunnel(1_980, 1), "more"))
    (after,) = detect(settings, [], "window", folder)
    assert (after["id"], after["windows"]) == (first["id"], 4)


def test_the_flow_view_compares_flows_of_the_same_way(
    settings: Settings, model_folder: Callable[[str], str]
) -> None:
    put(settings, table([*quiet("198.18.7.7", 20), *calm(0, 40), *tunnel(1_800, 3)], "a"))
    found = detect(settings, [], "flow", model_folder("flow"))
    pieces = [p for a in found for p in a["evidence"] if p["feature"] == "packets"]
    assert (1, 1) in [(piece["own"], piece["peers"]) for piece in pieces]
