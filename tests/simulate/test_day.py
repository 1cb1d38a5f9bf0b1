"""The simulated day: repeatable, within bounds, of the real sizes, with every vector where it is needed."""

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dnsanom.schema import ATTACKS, FLOW_COLUMNS, FLOW_SCHEMA, TRUTH_COLUMNS, UDP
from dnsanom.simulate import simulate_day
from dnsanom.simulate.day import BACKGROUND, LOOKALIKES

START = datetime(2026, 3, 2, tzinfo=UTC)
Day = tuple[pd.DataFrame, pd.DataFrame]


def _dns(flows: pd.DataFrame) -> pd.DataFrame:
    return flows[(flows.src_port == 53) | (flows.dst_port == 53)]


def _matches(flows: pd.DataFrame, client: str, server: str) -> pd.Series:
    """Flows of a truth row's pair, whichever way they go."""
    ways = []
    for near, far in (("src_ip", "dst_ip"), ("dst_ip", "src_ip")):
        hit = pd.Series(True, index=flows.index)
        hit &= flows[near].eq(client) if client else True
        hit &= flows[far].eq(server) if server else True
        ways.append(hit)
    return ways[0] | ways[1]


def test_equal_seeds_give_equal_flows_and_other_seeds_others() -> None:
    one, other = (simulate_day(START, 0.5, 20, seed=5) for _ in range(2))
    assert one[0].equals(other[0])
    assert one[1].equals(other[1])
    third = simulate_day(START, 0.5, 20, seed=6)
    assert not one[0].equals(third[0])
    assert not one[1].equals(third[1])


def test_the_table_is_the_flow_table_before_it_is_written() -> None:
    flows, truth = simulate_day(START, 0.2, 20, seed=5)
    assert flows.schema.names == [n for n in FLOW_SCHEMA.names if n not in ("export_key", "row")]
    assert all(flows.schema.field(n).type == FLOW_SCHEMA.field(n).type for n in flows.schema.names)
    assert tuple(truth.columns) == TRUTH_COLUMNS


def test_no_flow_is_out_of_bounds(day: Day) -> None:
    flows = day[0]
    for column in FLOW_COLUMNS:
        values = flows[column.name]
        assert values.notna().all(), column.name
        assert column.low is None or (values >= column.low).all(), column.name
        assert column.high is None or (values <= column.high).all(), column.name
    ends = flows.first_seen + pd.to_timedelta(flows.duration, unit="s")
    assert ends.is_monotonic_increasing
    assert flows.first_seen.min() >= pd.Timestamp(START)
    assert ends.max() < pd.Timestamp(START) + pd.Timedelta(hours=24)


def test_no_flow_outlives_the_active_timeout(day: Day) -> None:
    assert day[0].duration.max() <= 60
    assert (day[0].bpp <= 1500).all()


def test_sizes_are_those_of_a_real_isp(day: Day) -> None:
    """DESIGN section 3, UGR'16: a tenth off at the median, a seventh elsewhere, a quarter at the 99th."""
    flows = _dns(day[0])
    flows = flows[flows.part.str.startswith("background") & (flows.protocol == UDP)]
    for rows, real in (
        (flows[flows.dst_port == 53], {5: 57, 50: 72, 90: 86, 95: 101}),
        (flows[flows.src_port == 53], {5: 78, 50: 130, 90: 211, 95: 285, 99: 422}),
    ):
        for percentile, size in real.items():
            slack = {50: 0.1, 99: 0.25}.get(percentile, 0.15)
            assert np.percentile(rows.bytes, percentile) == pytest.approx(size, rel=slack), percentile


def test_flows_are_short_and_repeat_themselves(day: Day) -> None:
    flows = _dns(day[0])
    flows = flows[flows.part.str.startswith("background")]
    assert (flows.duration == 0).mean() == pytest.approx(0.98, abs=0.015)
    assert (flows.packets == 1).mean() == pytest.approx(0.97, abs=0.02)
    noon = flows[flows.first_seen >= pd.Timestamp(START) + pd.Timedelta(hours=12)].head(2_702)
    assert len(noon[["duration", "packets", "bytes", "tos", "protocol"]].drop_duplicates()) < 450


def test_the_busiest_resolver_takes_the_share_of_a_real_one(day: Day) -> None:
    flows = day[0]
    queries = flows[flows.part.str.startswith("background") & (flows.dst_port == 53)]
    assert queries.dst_ip.value_counts(normalize=True).iloc[0] == pytest.approx(0.59, abs=0.08)


def test_some_flows_are_not_dns(day: Day) -> None:
    ports = day[0][["src_port", "dst_port"]]
    other = ~ports.isin([53, 853]).any(axis=1) & (ports != 0).any(axis=1)
    assert 0.005 < other.mean() < 0.1


def test_every_vector_comes_in_every_part_of_the_day(day: Day) -> None:
    episodes = day[1].drop_duplicates(["vector", "start", "end"])
    begin = pd.Timestamp(START)
    borders = [begin + pd.Timedelta(hours=24 * share) for share in (0, 0.6, 0.8, 1)]
    for vector in ATTACKS:
        own = episodes[episodes.vector == vector]
        assert len(own) >= 8, vector
        for low, high in pairwise(borders):
            assert ((own.start >= low) & (own.end <= high)).sum() >= 2, (vector, low)
        minutes = (own.end - own.start).dt.total_seconds() / 60
        assert minutes.min() >= 0.9, vector


def test_a_short_stretch_has_every_vector() -> None:
    for hours in (1, 2):
        _, truth = simulate_day(START, hours, 30, seed=8)
        assert set(truth.vector) == set(ATTACKS)


def test_truth_rows_have_flows_of_that_pair_in_that_time(day: Day) -> None:
    flows, truth = day
    rows = truth.groupby("vector", group_keys=False).apply(lambda g: g.sample(min(len(g), 6), random_state=1))
    assert set(truth.vector) == set(ATTACKS)
    for row in truth.loc[rows.index].itertuples():
        close = flows[(flows.first_seen >= row.start) & (flows.first_seen <= row.end)]
        hit = close[_matches(close, row.client, row.server)]
        assert (hit.part == f"attack {row.vector}").any(), row


def test_attack_flows_are_in_the_truth_and_benign_ones_mostly_are_not(day: Day) -> None:
    """Pairs are specific: what else goes on at the same time is not labelled with them."""
    flows, truth = day
    sample = flows.sample(600, random_state=2)
    told = []
    for flow in sample.itertuples():
        near = truth[(truth.start <= flow.first_seen) & (truth.end >= flow.first_seen)]
        ends = {flow.src_ip, flow.dst_ip, ""}
        told.append(bool((near.client.isin(ends) & near.server.isin(ends)).any()))
    attack = sample.part.str.startswith("attack")
    assert np.mean(np.array(told)[attack]) > 0.93
    assert np.mean(np.array(told)[~attack]) < 0.03


def test_lookalikes_are_there_and_not_in_the_truth(day: Day) -> None:
    flows, truth = day
    made = set(flows.part)
    for kind, parts in (("background", BACKGROUND), ("lookalike", LOOKALIKES)):
        assert {f"{kind} {part.__name__}" for part in parts} <= made
    assert set(truth.vector) == set(ATTACKS)
    assert "benign" not in set(truth.vector)


def test_lookalikes_look_like_attacks(day: Day) -> None:
    flows = day[0]
    by_part = dict(list(flows.groupby("part")))
    fixed = by_part["lookalike forwarders"]
    assert fixed.packets.max() > 200
    assert 55 < fixed[fixed.dst_port == 53].bpp.median() < 85
    tls = by_part["lookalike over_tls"]
    assert ((tls.src_port == 853) | (tls.dst_port == 853)).all()
    assert tls.duration.max() > 30
    busy = by_part["lookalike resolving_hosts"]
    asked = busy[busy.dst_port == 53]
    per_minute = asked.groupby(["src_ip", asked.first_seen.dt.floor("60s")]).packets.sum()
    assert per_minute.max() > 600
    assert by_part["lookalike transfers"].bytes.max() > 100_000
    assert by_part["lookalike validators"].bytes.max() > 1_400
    assert (by_part["lookalike dead_resolvers"].dst_port == 53).all()


def test_some_honest_pairs_are_seen_one_way_only(day: Day) -> None:
    flows = _dns(day[0])
    flows = flows[~flows.part.str.startswith("attack")]
    asked = set(flows[flows.dst_port == 53].src_ip + flows[flows.dst_port == 53].dst_ip)
    told = set(flows[flows.src_port == 53].dst_ip + flows[flows.src_port == 53].src_ip)
    assert len(asked - told) > 10
    assert len(told - asked) > 10


def test_addresses_are_those_of_the_simulated_isp(day: Day) -> None:
    ours = ["198.18.0.0/15", "100.64.0.0/10", "2001:db8:c000::/36", "198.51.100.0/24", "2001:db8:53::/48"]
    public = ["240.0.0.0/4", "8.8.0.0/16", "1.0.0.0/15", "9.9.9.9/32", "2001:4860::/32", "2606:4700::/32"]
    nets = [ip_network(n) for n in [*ours, *public, "2620:fe::/48"]]
    for text in pd.unique(pd.concat([day[0].src_ip, day[0].dst_ip]))[::37]:
        address = ip_address(text)
        assert any(address in net for net in nets if net.version == address.version), text
