"""Packet counts scaled to the traffic that a sampling exporter stands for: here, once, and nowhere else.

A flow comes with the rate that was announced (`sampling_rate`, 1:N) and with what its packets and bytes were
multiplied by before it got here (`scaled_by`: nfcapd multiplies, goflow2 does not). A rule says by which rate
they shall be scaled; only what is left to do is done. Flows are never scaled: sampling hides whole flows, and
nobody knows how many.
"""

from collections.abc import Sequence

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from dnsanom.params import SamplingRule
from dnsanom.sampling import first_rule

_COUNTS, _RATES = ("packets", "bytes"), ("pps", "bps")


def scaled(flows: ibis.Table, rules: Sequence[SamplingRule]) -> ibis.Table:
    """The flows with packets, bytes, pps and bps scaled by the first rule that each one's exporter meets.

    Where `scaled_by` is null the collector is taken to have scaled by what it announced. Runs one query, for
    the distinct exporters, if a rule names any.
    """
    ruled = _with_rule(flows, rules)
    done, wanted = _factors(ruled, rules)
    counts = {name: (ruled[name] * wanted // done).cast("int64") for name in _COUNTS}
    rates = {name: ruled[name] * (wanted / done) for name in _RATES}
    return ruled.mutate(**counts, **rates).drop("rule")


def unsampled(flows: ibis.Table, rules: Sequence[SamplingRule]) -> ibis.Table:
    """The flows whose packets and bytes are those of the traffic: nothing has scaled them or should."""
    ruled = _with_rule(flows, rules)
    done, wanted = _factors(ruled, rules)
    return ruled.filter((done == 1) & (wanted == 1)).drop("rule")


def _factors(ruled: ibis.Table, rules: Sequence[SamplingRule]) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """What counts were multiplied by already, and what they should be."""
    done = ibis.coalesce(ruled.scaled_by, ruled.sampling_rate, 1).cast("int64")
    rate = ibis.coalesce(_rate(ruled, rules, "override"), ruled.sampling_rate.cast("int64"))
    return done, ibis.coalesce(rate, _rate(ruled, rules, "default"), done)


def _with_rule(flows: ibis.Table, rules: Sequence[SamplingRule]) -> ibis.Table:
    """The flows with the number of their exporter's rule as `rule`, null without one."""
    of_all = first_rule(None, rules)
    if not any(rule.exporters for rule in rules[:of_all]):
        return flows.mutate(rule=ibis.literal(of_all, "int64"))
    exporters = flows.select("exporter").distinct().to_pyarrow()["exporter"].drop_null().to_pylist()
    met = {"address": pa.array(exporters, pa.string())}
    met["rule"] = pa.array([first_rule(exporter, rules) for exporter in exporters], pa.int64())
    table = ibis.memtable(pa.table(met))
    joined = flows.left_join(table, flows.exporter == table.address).drop("address")
    return joined if of_all is None else joined.mutate(rule=joined.rule.fill_null(of_all))


def _rate(ruled: ibis.Table, rules: Sequence[SamplingRule], policy: str) -> ir.IntegerValue:
    """The rate that a flow's rule gives if it is of this policy, else null."""
    rates = [(ruled.rule == at, rule.rate) for at, rule in enumerate(rules) if rule.policy == policy]
    return ibis.cases(*rates, else_=None).cast("int64") if rates else ibis.null("int64")
