"""Sampling 1 packet in N, from records: what is left, and that a sampling router would have seen the like."""

from datetime import UTC, datetime

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from handflows import CLIENT, OTHER, RESOLVER, arrow, at, flow, table

from dnsanom.dataset.sampling import unsampled
from dnsanom.dataset.thinning import thinned
from dnsanom.params import SamplingRule
from dnsanom.schema import FLOW_SCHEMA
from dnsanom.simulate import simulate_day


def _thinned(flows: pa.Table, rate: int = 10, seed: int = 7) -> pd.DataFrame:
    made: pa.Table = thinned(ibis.memtable(flows), rate, seed).to_pyarrow()
    assert made.schema.equals(FLOW_SCHEMA)
    return made.to_pandas().sort_values("row", ignore_index=True)


def _many(count: int = 4_000, packets: int = 1, last: float = 0.0) -> pa.Table:
    return arrow(
        [flow(i % 900, CLIENT, 4000, RESOLVER, 53, packets=packets, last=last) for i in range(count)]
    )


def test_one_packet_in_n_is_drawn_and_scaled_back() -> None:
    made = _thinned(_many())
    assert len(made) == pytest.approx(400, rel=0.15)
    assert set(made["packets"]) == set(made["sampling_rate"]) == set(made["scaled_by"]) == {10}
    assert set(made["bytes"]) == {600}
    assert set(made["bpp"]) == {60}
    kept = _thinned(_many(packets=40, last=8.0))["packets"] // 10
    assert kept.mean() == pytest.approx(4 / (1 - 0.9**40), rel=0.05)
    assert kept.var() == pytest.approx(40 * 0.1 * 0.9, rel=0.15)


def test_what_is_drawn_does_not_depend_on_the_order_but_on_the_seed() -> None:
    flows = _many(packets=7)
    shuffled = flows.take(pa.array(np.random.default_rng(1).permutation(len(flows))))
    assert _thinned(shuffled).equals(_thinned(flows))
    assert not _thinned(flows, seed=8)["row"].equals(_thinned(flows)["row"])


def test_a_higher_rate_leaves_some_of_what_a_lower_one_leaves() -> None:
    flows = _many(packets=5)
    assert set(_thinned(flows, 100)["row"]) < set(_thinned(flows, 10)["row"])


def test_times_are_within_the_flow_and_one_packet_has_no_duration() -> None:
    made = _thinned(_many(packets=30, last=20.0))
    one = made["packets"] == 10
    assert one.any()
    assert (made.loc[one, ["duration", "pps", "bps"]] == 0).all(axis=None)
    assert made.loc[~one, "duration"].between(0.001, 20).all()
    began = (made["first_seen"] - pd.Series([at(int(row) % 900) for row in made["row"]])).dt.total_seconds()
    assert (began >= 0).all()
    assert (began + made["duration"] <= 20).all()
    rates = made.loc[~one]
    assert np.allclose(rates["pps"] * rates["duration"], rates["packets"])


def test_only_unsampled_flows_are_thinned() -> None:
    given = [
        flow(0, CLIENT, 1, RESOLVER, 53),
        flow(1, CLIENT, 2, RESOLVER, 53),
        flow(2, OTHER, 3, RESOLVER, 53),
    ]
    given[1] |= {"sampling_rate": 100, "scaled_by": 100}
    given[2] |= {"exporter": "192.0.2.1"}
    rules = [SamplingRule(exporters=("192.0.2.0/24",), policy="default", rate=50)]
    assert unsampled(table(given), rules).to_pandas()["src_port"].tolist() == [1]
    assert sorted(unsampled(table(given), []).to_pandas()["src_port"]) == [1, 3]


def test_records_are_those_of_a_router_that_samples() -> None:
    ours, router = _thinned(_simulated(1), 100), _simulated(100).to_pandas()
    assert ours["packets"].sum() == pytest.approx(router["packets"].sum(), rel=0.1)
    assert ours["bytes"].sum() == pytest.approx(router["bytes"].sum(), rel=0.1)
    # A sampling router makes several records of a flow with pauses, here it is one.
    assert 0.85 < len(ours) / len(router) < 1.05
    for name, value in (("packets", 100), ("protocol", 6), ("duration", 0)):
        assert (ours[name] == value).mean() == pytest.approx((router[name] == value).mean(), abs=0.1)
    # Of what has the same ends and ports, since a flow with pauses is several records.
    ends = ["src_ip", "dst_ip", "src_port", "dst_port", "protocol"]
    sums = (made.groupby(ends)[["bytes", "packets"]].sum() for made in (ours, router))
    sizes, theirs = (of["bytes"] / of["packets"] for of in sums)
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert sizes.quantile(share) == pytest.approx(theirs.quantile(share), rel=0.15)


def _simulated(sampling: int) -> pa.Table:
    flows, _ = simulate_day(datetime(2026, 3, 2, tzinfo=UTC), 3, 200, seed=7, sampling=sampling)
    count = flows.num_rows
    named = flows.append_column("export_key", pa.array(["day"] * count))
    return named.append_column("row", pa.array(range(count), pa.int64())).select(FLOW_SCHEMA.names)
