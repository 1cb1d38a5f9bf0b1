"""Flows whose sampling rate nobody tells are refused or counted, by the rule of their exporter."""

import pyarrow as pa
import pytest

from dnsanom.params import SamplingRule
from dnsanom.sampling import NAMELESS, first_rule, refusal, refused, unknown_rates
from dnsanom.schema import FLOW_SCHEMA

REJECT = SamplingRule(exporters=("192.0.2.0/24", "2001:db8::/32"), policy="reject")
DEFAULT = SamplingRule(exporters=("198.51.100.1",), policy="default", rate=100)
ROWS = [
    {"exporter": "192.0.2.1", "sampling_rate": None},
    {"exporter": "192.0.2.1", "sampling_rate": 10},
    {"exporter": "2001:db8::7", "sampling_rate": None},
    {"exporter": "198.51.100.1", "sampling_rate": None},
    {"exporter": "203.0.113.9", "sampling_rate": None},
    {"exporter": None, "sampling_rate": None},
]


@pytest.fixture
def flows() -> pa.Table:
    return pa.Table.from_pylist(ROWS, schema=FLOW_SCHEMA)


def test_the_first_rule_that_holds_is_found() -> None:
    rules = [REJECT, DEFAULT]
    assert [first_rule(e, rules) for e in ("192.0.2.9", "198.51.100.1", "203.0.113.9", None)] == [
        0,
        1,
        None,
        None,
    ]
    everybody = SamplingRule(policy="announced")
    assert [first_rule(e, [DEFAULT, everybody]) for e in ("198.51.100.1", "203.0.113.9", None)] == [0, 1, 1]


def test_flows_without_a_rate_are_refused_under_reject(flows: pa.Table) -> None:
    assert refused(flows, [DEFAULT, REJECT]).to_pylist() == [True, False, True, False, False, False]
    assert refused(flows, [SamplingRule(policy="reject")]).to_pylist() == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]
    assert not any(refused(flows, []).to_pylist())
    assert "must be announced, by rule 1 of `sampling`" in refusal("192.0.2.1", [DEFAULT, REJECT])


def test_flows_taken_without_a_rate_are_counted_by_exporter(flows: pa.Table) -> None:
    assert unknown_rates(flows, [DEFAULT, REJECT]) == {"203.0.113.9": 1, NAMELESS: 1}
    assert unknown_rates(flows, []) == {
        "192.0.2.1": 1,
        "2001:db8::7": 1,
        "198.51.100.1": 1,
        "203.0.113.9": 1,
        NAMELESS: 1,
    }
