"""Counts are scaled once, by the rate that the exporter's rule gives."""

from typing import Any

import ibis
import pyarrow as pa
import pytest
from handflows import CLIENT, DNS, RESOLVER, flow
from pydantic import ValidationError

from dnsanom.dataset.sampling import scaled
from dnsanom.dataset.views import rows
from dnsanom.errors import DatasetError
from dnsanom.params import SamplingRule
from dnsanom.schema import FLOW_SCHEMA, TCP

ANNOUNCED = SamplingRule(policy="announced")
DEFAULT = SamplingRule(policy="default", rate=100)
OVERRIDE = SamplingRule(policy="override", rate=1000)


def flows(*changes: dict[str, Any]) -> ibis.Table:
    """One query of 3 packets and 180 bytes in 2 s for each change made to it."""
    one = flow(0, CLIENT, 4000, RESOLVER, 53, packets=3, last=2.0)
    made = [{**one, "row": row, **change} for row, change in enumerate(changes)]
    return ibis.memtable(pa.Table.from_pylist(made, schema=FLOW_SCHEMA))


def packets(table: ibis.Table, *rules: SamplingRule) -> list[int]:
    return list(scaled(table, rules).order_by("row").packets.execute())


@pytest.mark.parametrize(
    ("rate", "done", "rule", "factor"),
    [
        (None, None, ANNOUNCED, 1),
        (50, 50, ANNOUNCED, 1),
        (50, None, ANNOUNCED, 1),
        (50, 1, ANNOUNCED, 50),
        (None, 1, DEFAULT, 100),
        (50, 1, DEFAULT, 50),
        (50, 50, DEFAULT, 1),
        (None, None, OVERRIDE, 1000),
        (50, 1, OVERRIDE, 1000),
        (50, 50, OVERRIDE, 20),
    ],
)
def test_only_what_is_left_to_do_is_done(
    rate: int | None, done: int | None, rule: SamplingRule, factor: int
) -> None:
    table = flows({"sampling_rate": rate, "scaled_by": done})
    got = scaled(table, [rule]).execute().iloc[0]
    assert (got.packets, got.bytes) == (3 * factor, 180 * factor)
    assert (got.pps, got.bps, got.bpp, got.flows) == (1.5 * factor, 720 * factor, 60, 1)


def test_the_first_rule_that_an_exporter_meets_holds() -> None:
    table = flows(
        {"exporter": "192.0.2.1"},
        {"exporter": "192.0.2.200"},
        {"exporter": "2001:db8::1"},
        {"exporter": None},
    )
    one = SamplingRule(exporters=("192.0.2.1",), policy="override", rate=7)
    subnet = SamplingRule(exporters=("192.0.2.0/24", "2001:db8::/32"), policy="override", rate=5)
    assert packets(table, one, subnet) == [21, 15, 15, 3]
    assert packets(table, subnet, one, DEFAULT) == [15, 15, 15, 300]
    assert packets(table, ANNOUNCED, subnet) == [3, 3, 3, 3]


def test_both_views_see_scaled_counts() -> None:
    table = flows({"sampling_rate": 10, "scaled_by": 1})
    flow_row = rows(table, "flow", DNS, [ANNOUNCED]).execute().iloc[0]
    window = rows(table, "window", DNS, [ANNOUNCED]).execute().iloc[0]
    assert (flow_row["packets"], flow_row["pps"], flow_row["flows"]) == (30, 15, 1)
    assert (window["query_packets"], window["packet_count"], window["flow_count"]) == (30, 30, 1)


@pytest.mark.parametrize(("policy", "rate"), [("default", None), ("announced", 10), ("reject", 10)])
def test_a_rule_has_a_rate_just_when_it_needs_one(policy: str, rate: int | None) -> None:
    with pytest.raises(ValidationError, match=f"policy {policy} (needs a|takes no) rate"):
        SamplingRule.model_validate({"policy": policy, "rate": rate})


@pytest.mark.parametrize(("column", "protocol"), [("tos", 17), ("tcp_flags", TCP)])
def test_the_flow_view_refuses_flows_without_a_column_that_it_needs(column: str, protocol: int) -> None:
    table = flows({}, {column: None, "protocol": protocol, "export_key": "nfcapd.csv"})
    assert len(rows(table, "window", DNS).execute()) == 1
    with pytest.raises(DatasetError, match=f"nfcapd.csv: {column} is missing in 1 flows"):
        rows(table, "flow", DNS)


def test_flags_may_be_missing_where_they_mean_nothing() -> None:
    assert len(rows(flows({"tcp_flags": None}), "flow", DNS).execute()) == 1
