"""Which sampling rule an exporter's flows are under, and which flows have no rate that anybody knows."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.params import SamplingRule
from dnsanom.prefixes import pack, prefixes

#: What stands for an exporter that the export does not name.
NAMELESS = "an exporter without a name"


def first_rule(exporter: str | None, rules: Sequence[SamplingRule]) -> int | None:
    """The place of the first rule that an exporter meets; a rule without exporters is met by all."""
    packed = pack(exporter) if exporter else b""
    met = (n for n, rule in enumerate(rules) if not rule.exporters or packed in prefixes(rule.networks()))
    return next(met, None)


def refused(flows: pa.Table, rules: Sequence[SamplingRule]) -> pa.ChunkedArray:
    """Which flows (FLOW_SCHEMA) came without a rate from an exporter that the rules refuse that from."""
    return _under(flows, rules, "reject")


def unknown_rates(flows: pa.Table, rules: Sequence[SamplingRule]) -> dict[str, int]:
    """Exporter → how many flows came without a rate and are taken as they stand, since no rule gives one."""
    left = flows["exporter"].filter(_under(flows, rules, "announced")).value_counts()
    return {str(each["values"] or NAMELESS): int(each["counts"]) for each in left.to_pylist()}


def refusal(exporter: str | None, rules: Sequence[SamplingRule]) -> str:
    """Why a flow of the exporter was refused, in the words of a quarantined row's reason."""
    return f"sampling_rate null: must be announced, by rule {first_rule(exporter, rules)} of `sampling`"


def _under(flows: pa.Table, rules: Sequence[SamplingRule], policy: str) -> pa.ChunkedArray:
    """Flows without a rate of exporters under this policy; without a rule it is `announced`."""
    unknown = pc.is_null(flows["sampling_rate"])
    # Most exports announce a rate for all flows, and to tell their exporters apart takes longer than this.
    exporters = pc.unique(flows["exporter"].filter(unknown)).to_pylist()
    under = [e for e in exporters if _policy(first_rule(e, rules), rules) == policy]
    mine = pc.is_in(flows["exporter"], value_set=pa.array(under, pa.string()))
    return pc.and_(unknown, mine)


def _policy(rule: int | None, rules: Sequence[SamplingRule]) -> str:
    return "announced" if rule is None else rules[rule].policy
