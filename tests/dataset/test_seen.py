"""Whether an attacker was met in training."""

import ibis
import pandas as pd
from handflows import CLIENT, FAR, OTHER, OUTSIDE, RESOLVER

from dnsanom.dataset.seen import attackers, mark

TRAIN = [
    (CLIENT, OUTSIDE, "tunnel", "t1"),
    (CLIENT, RESOLVER, "flood", "f1"),
    (OTHER, RESOLVER, "flood", "f1"),
    ("240.1.1.1", "198.18.9.1", "scan", "s1"),
    ("240.1.1.1", "198.18.9.2", "scan", "s1"),
    ("198.18.5.5", RESOLVER, "benign", None),
]


def _frame(rows: list[tuple[str, str, str, str | None]]) -> ibis.Table:
    frame = pd.DataFrame(rows, columns=["client", "server", "vector", "episode"])
    return ibis.memtable(frame.astype({"episode": "str"}).reset_index(names="place"))


def _seen(*rows: tuple[str, str, str, str | None]) -> list[bool]:
    known = attackers(_frame(TRAIN), [RESOLVER])
    made = mark(_frame(list(rows)), known, [RESOLVER])
    assert made.columns == ("place", "client", "server", "vector", "episode", "seen")
    return [bool(s) for s in made.to_pandas().sort_values("place")["seen"]]


def test_attackers_are_what_an_episode_has_in_common_and_no_resolver_of_ours() -> None:
    hosts = set(attackers(_frame(TRAIN), [RESOLVER]).to_pandas()["host"])
    assert hosts == {CLIENT, OTHER, OUTSIDE, "240.1.1.1"}


def test_an_attack_by_a_known_host_is_seen_at_either_end() -> None:
    assert _seen(("198.18.7.7", OUTSIDE, "tunnel", "t2")) == [True]
    assert _seen((CLIENT, FAR, "tunnel", "t3")) == [True]
    assert _seen(("198.18.7.7", FAR, "tunnel", "t4")) == [False]


def test_what_was_only_attacked_or_benign_or_ours_is_not_seen() -> None:
    assert _seen(("240.2.2.2", "198.18.9.1", "flood", "f2"), ("240.2.2.3", "198.18.9.1", "flood", "f2")) == [
        False,
        False,
    ]
    assert _seen(("198.18.5.5", RESOLVER, "flood", "f3")) == [False]
    assert _seen((CLIENT, OUTSIDE, "benign", None)) == [False]


def test_only_the_common_end_counts_where_there_is_one() -> None:
    both = [("240.3.3.3", OUTSIDE, "scan", "s2"), ("240.3.3.3", FAR, "scan", "s2")]
    assert _seen(*both) == [False, False]
    none = [("240.3.3.3", OUTSIDE, "flood", "f4"), ("240.3.3.4", FAR, "flood", "f4")]
    assert _seen(*none) == [True, False]
