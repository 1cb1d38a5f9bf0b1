"""The two ways to turn flows into rows to learn from. Everything after the view is the same code."""

from collections.abc import Callable, Sequence

import ibis

from dnsanom.dataset.flow_view import flow_rows
from dnsanom.dataset.orient import orient
from dnsanom.dataset.sampling import scaled
from dnsanom.dataset.window_view import window_rows
from dnsanom.errors import BadUseError, DatasetError
from dnsanom.params import Dns, SamplingRule
from dnsanom.schema import TCP, VIEWS

_BUILD: dict[str, Callable[[ibis.Table, Dns], ibis.Table]] = {"flow": flow_rows, "window": window_rows}


def rows(flows: ibis.Table, view: str, dns: Dns, sampling: Sequence[SamplingRule] = ()) -> ibis.Table:
    """The view's rows of flows (`schema.FLOW_SCHEMA`, and `noise` if `noise.tag` added it), counts scaled.

    A row has `schema.ROW_COLUMNS`, the view's fifteen features as float64, never null, and in the flow view
    `direction`. Flows without a DNS port that are not fragments are no rows. Runs small queries, for distinct
    addresses and for missing columns; what it returns is an Ibis expression that has not run.

    Raises DatasetError for flows of an export without a column that the view can't do without.
    """
    if view not in _BUILD:
        raise BadUseError(f"view {view!r}: unknown, known are {', '.join(VIEWS)}")
    if view == "flow":
        _refuse_missing(flows)
    counted = scaled(flows, sampling)
    tagged = counted if "noise" in flows.columns else counted.mutate(noise=ibis.null("string"))
    return _BUILD[view](orient(tagged, dns), dns)


def _refuse_missing(flows: ibis.Table) -> None:
    """A format may lack these: 0 in their place would teach a model that there was nothing to see."""
    for name, lacks in {
        "tos": flows.tos.isnull(),
        "tcp_flags": flows.tcp_flags.isnull() & (flows.protocol == TCP),
    }.items():
        told = flows.filter(lacks).aggregate(n=lambda t: t.count(), key=lambda t: t.export_key.min())
        (found,) = told.to_pyarrow().to_pylist()
        if found["n"]:
            raise DatasetError(
                f"{found['key']}: {name} is missing in {found['n']:,} flows of this and perhaps other"
                " exports: the flow view needs it, the window view does not"
            )
