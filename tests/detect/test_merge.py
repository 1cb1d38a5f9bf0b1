import itertools
import random

import pandas as pd
import pytest

from dnsanom.dataset.networks import Prefixes, prefixes
from dnsanom.detect.merge import MANY, incidents
from dnsanom.params import Dns
from dnsanom.schema import ATTACKS, UNKNOWN

NOBODY = prefixes([])
RESOLVERS = prefixes(Dns(ports=(53,), resolvers=("198.51.100.0/24",)).networks("resolvers"))


def windows(*rows: tuple[str, str, int, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["client", "server", "window", "vector", "score"])


def merged(frame: pd.DataFrame, shared: Prefixes = NOBODY) -> list[tuple[str, str, set[tuple[str, str]]]]:
    """Incidents as (vector, side, pairs), in order of their numbers."""
    found = incidents(frame, 300, 60, shared)
    return [
        (part["vector"].iloc[0], part["side"].iloc[0], set(zip(part["client"], part["server"], strict=True)))
        for _, part in found.groupby("incident")
    ]


@pytest.mark.parametrize(("pause", "count"), [(0, 1), (300, 1), (360, 2)])
def test_windows_of_a_pair_are_one_incident_up_to_the_pause(pause: int, count: int) -> None:
    frame = windows(("c", "s", 0, "tunnel", 0.9), ("c", "s", 60 + pause, "tunnel", 0.9))
    assert len(merged(frame)) == count


def test_a_standing_fault_may_pause_for_an_hour() -> None:
    frame = windows(("c", "s", 0, "open_resolver", 0.9), ("d", "s", 3_660, "open_resolver", 0.9))
    assert [side for _, side, _ in merged(frame)] == ["server"]
    later = windows(("c", "s", 0, "open_resolver", 0.9), ("d", "s", 3_720, "open_resolver", 0.9))
    assert len(merged(later)) == 2


def test_every_vector_says_how_many_make_an_incident() -> None:
    assert set(MANY) == {*ATTACKS, UNKNOWN}


def test_a_scan_of_many_servers_is_one_incident() -> None:
    frame = windows(*((f"scanner{n % 2}", f"s{n}", 60 * (n % 3), "scan", 0.9) for n in range(40)))
    assert [(vector, side, len(pairs)) for vector, side, pairs in merged(frame)] == [
        ("scan", "client", 20),
        ("scan", "client", 20),
    ]


def test_a_flood_by_many_clients_is_one_incident() -> None:
    frame = windows(*((f"c{n}", "s", 0, "flood", 0.9) for n in range(3)))
    assert [(vector, side) for vector, side, _ in merged(frame)] == [("flood", "server")]


def test_two_clients_are_no_many() -> None:
    frame = windows(*((f"c{n}", "s", 0, "flood", 0.9) for n in range(2)))
    assert [side for _, side, _ in merged(frame)] == ["pair", "pair"]


def test_tunnels_of_several_clients_through_one_server_stay_apart() -> None:
    frame = windows(*((f"c{n}", "198.51.100.10", 0, "tunnel", 0.9) for n in range(9)))
    assert len(merged(frame)) == 9


def test_a_tunnel_through_several_resolvers_is_one_incident() -> None:
    frame = windows(*(("c", f"198.51.100.{n}", 60 * n, "tunnel", 0.9) for n in range(3)))
    assert [side for _, side, _ in merged(frame, RESOLVERS)] == ["client"]


def test_tunnels_that_our_resolver_carries_to_several_servers_stay_apart() -> None:
    frame = windows(*(("198.51.100.10", f"240.0.0.{n}", 0, "tunnel", 0.9) for n in range(3)))
    assert len(merged(frame, RESOLVERS)) == 3
    assert len(merged(frame, NOBODY)) == 1


def test_a_botnet_that_asks_several_resolvers_is_one_incident() -> None:
    pairs = itertools.product(range(20), range(4))
    frame = windows(*((f"c{c}", f"s{s}", 60 * s, "water_torture", 0.8) for c, s in pairs))
    assert [(side, len(pairs)) for _, side, pairs in merged(frame)] == [("none", 80)]


def test_two_floods_with_other_clients_stay_apart() -> None:
    frame = windows(*((f"c{s}-{c}", f"s{s}", 0, "flood", 0.8) for c in range(20) for s in range(2)))
    assert [side for _, side, _ in merged(frame)] == ["server", "server"]


def test_the_vector_with_most_score_names_the_incident() -> None:
    frame = windows(
        ("c", "s", 0, "tunnel", 0.6), ("c", "s", 60, "flood", 0.9), ("c", "s", 120, "tunnel", 0.6)
    )
    assert [vector for vector, _, _ in merged(frame)] == ["tunnel"]
    assert incidents(frame, 300, 60, NOBODY)["said"].tolist() == ["tunnel", "flood", "tunnel"]


def test_the_order_of_windows_does_not_matter() -> None:
    rng = random.Random(7)
    rows = [
        (f"c{rng.randrange(6)}", f"s{rng.randrange(6)}", 60 * rng.randrange(40), rng.choice(ATTACKS), 0.9)
        for _ in range(400)
    ]
    frame = windows(*{row[:3]: row for row in rows}.values())
    shuffled = frame.sample(frac=1, random_state=3)
    assert merged(frame) == merged(shuffled)
    assert sum(len(incidents(part, 300, 60, NOBODY)) for part in (frame, shuffled)) == 2 * len(frame)


def test_nothing_flagged_is_no_incident() -> None:
    assert incidents(windows(), 300, 60, NOBODY).empty
