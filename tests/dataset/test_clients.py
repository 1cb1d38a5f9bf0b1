"""Clients are dealt to the sides by prefix: in shares, the same each time, and never to two."""

from collections import Counter

import ibis
import pandas as pd
import pytest
from handflows import CLIENT, DNS, FAR, OUTSIDE, RESOLVER, SECOND

from dnsanom.dataset.clients import NOWHERE, Deal, client_sides, deal, dealt, our_resolvers
from dnsanom.params import Clients, Dataset

WANTED = Clients(ipv4_prefix=24, ipv6_prefix=56, train=0.5, validation=0.3)
DATASET = Dataset(clients=WANTED)


def _rows(*met: tuple[str, str, int]) -> ibis.Table:
    return ibis.memtable(pd.DataFrame(met, columns=["client", "server", "side"]))


def test_prefixes_are_dealt_in_shares_by_their_leading_bits() -> None:
    how = Deal(WANTED, 7, {})
    drawn = Counter(how.side(f"198.{i}.{j}.1") for i in (18, 19) for j in range(256) for _ in range(2))
    assert [round(drawn[side] / 1024, 1) for side in range(3)] == [0.5, 0.3, 0.2]
    assert all(how.side(f"198.18.{j}.1") == how.side(f"198.18.{j}.254") for j in range(50))
    assert how.prefix("2001:db8:c000:1::1") == how.prefix("2001:db8:c000:ff::2")
    assert how.prefix("2001:db8:c000:1::1") != how.prefix("2001:db8:c000:100::1")
    assert how.prefix("0.0.0.198") != how.prefix("::c6")


def test_the_seed_deals_anew_and_the_same_seed_alike() -> None:
    addresses = [f"198.18.{j}.1" for j in range(100)]
    one, again, other = ([Deal(WANTED, seed, {}).side(a) for a in addresses] for seed in (7, 7, 8))
    assert one == again
    assert one != other


def test_a_prefix_seen_on_one_side_is_of_that_side_and_gaps_do_not_count() -> None:
    strangers = [f"240.0.{i}.1" for i in range(60)]
    once = _rows(*((s, CLIENT, i % 3) for i, s in enumerate(strangers)), (FAR, CLIENT, NOWHERE))
    how = deal(once, DATASET, [])
    assert how is not None
    assert [how.side(s) for s in strangers] == [i % 3 for i in range(60)]
    twice = deal(_rows(*((s, CLIENT, side) for s in strangers for side in (0, 2))), DATASET, [])
    assert twice is not None
    assert twice.alone == {}
    assert len({twice.side(s) for s in strangers}) == 3


def test_neighbours_of_a_prefix_are_seen_together() -> None:
    how = deal(_rows(("240.0.1.1", CLIENT, 0), ("240.0.1.9", CLIENT, 2)), DATASET, [])
    assert how is not None
    assert how.alone == {}


def test_whom_our_resolver_asks_is_dealt_in_its_place() -> None:
    rows = _rows((CLIENT, RESOLVER, 0), (RESOLVER, OUTSIDE, 0), (SECOND, RESOLVER, 1))
    ours = our_resolvers(rows, DNS)
    assert ours == [RESOLVER, SECOND]
    assert sorted(rows.select(end=dealt(rows, ours)).to_pandas()["end"]) == [CLIENT, RESOLVER, OUTSIDE]


def test_every_row_gets_its_client_s_side() -> None:
    rows = _rows(*((f"198.18.{i}.7", RESOLVER, i % 3) for i in range(30)))
    how = Deal(WANTED, 7, {})
    made = client_sides(rows, how, [RESOLVER]).to_pandas()
    assert len(made) == 30
    assert made["client_side"].tolist() == [how.side(c) for c in made["client"]]
    assert set(client_sides(rows, None, []).to_pandas()["client_side"]) == {NOWHERE}


def test_shares_must_leave_a_test() -> None:
    with pytest.raises(ValueError, match=r"train 0.6 \+ validation 0.4 leave no client to test on"):
        Clients(train=0.6, validation=0.4)
