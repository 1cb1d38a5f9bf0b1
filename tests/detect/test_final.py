"""A window of the lake is scored when no export still to come should add to it, and again when one does."""

from hand_made import START, calm, flow, put, table, tunnel

from dnsanom.detect.detect import detect
from dnsanom.detect.final import until, watermark
from dnsanom.params import Detect
from dnsanom.settings import Settings

BEGIN = START.timestamp()
RULES = Detect(active_timeout_seconds=60, margin_seconds=30, settle_seconds=900)


def test_the_watermark_follows_the_last_flow_and_in_the_end_the_clock(settings: Settings) -> None:
    put(settings, table([flow(0, "198.18.0.1", 4000, "198.51.100.10", 53, 1, 60, 200.0)], "a"))
    hours = {int(BEGIN): {"a"}}
    assert watermark(settings.lake, hours, BEGIN + 300, 60, RULES) == BEGIN + 60
    assert watermark(settings.lake, hours, BEGIN + 900 + 310, 60, RULES) == BEGIN + 300
    assert watermark(settings.lake / "none", {}, BEGIN, 60, RULES) == 0


def test_an_hour_that_is_not_final_to_its_end_says_so() -> None:
    files = {0: {"a"}, 3600: {"b"}, 7200: {"c"}}
    assert until(files, 5400) == {0: {"a"}, 3600: {"b", "final until 5400"}}
    assert until(files, 7200) == {0: {"a"}, 3600: {"b"}}


def test_a_window_waits_until_it_is_final(settings: Settings, folder: str) -> None:
    """The tunnel's last windows are past the watermark until the next export comes."""
    put(settings, table([*calm(0, 20), *tunnel(600, 10)], "nfcapd.0800"))
    now = BEGIN + 1210
    first = detect(settings, [], "window", folder, now=now)
    (alert,) = first.alerts
    assert alert["last_seen"] < "2026-03-02T08:18"
    assert detect(settings, [], "window", folder, now=now).idle
    put(settings, table(calm(1200, 20), "nfcapd.0820"))
    (grown,) = detect(settings, [], "window", folder, now=now + 1200).alerts
    assert grown["id"] == alert["id"]
    assert (alert["windows"], grown["windows"]) == (7, 10)


def test_late_flows_open_a_final_window_again(settings: Settings, folder: str) -> None:
    put(settings, table([*calm(0, 30), *tunnel(600, 5)], "nfcapd.0800"))
    (alert,) = detect(settings, [], "window", folder, now=BEGIN + 1800).alerts
    put(settings, table(tunnel(900, 2), "late"))
    (grown,) = detect(settings, [], "window", folder, now=BEGIN + 1800).alerts
    assert (grown["id"], grown["windows"]) == (alert["id"], 7)
    assert grown["exports"] == ["late", "nfcapd.0800"]
