"""The two ways to turn flows into rows to learn from. Everything after the view is the same code."""

from collections.abc import Callable

import ibis

from dnsanom.dataset.flow_view import flow_rows
from dnsanom.dataset.orient import orient
from dnsanom.dataset.window_view import window_rows
from dnsanom.errors import BadUseError
from dnsanom.params import Dns
from dnsanom.schema import VIEWS

_BUILD: dict[str, Callable[[ibis.Table, Dns], ibis.Table]] = {"flow": flow_rows, "window": window_rows}


def rows(flows: ibis.Table, view: str, dns: Dns) -> ibis.Table:
    """The view's rows of flows (`schema.FLOW_SCHEMA`, and `noise` if `noise.tag` added it).

    A row has `schema.ROW_COLUMNS`, the view's fifteen features as float64, never null, and in the flow view
    `direction`. Flows without a DNS port that are not fragments are no rows. Runs one query, for the
    distinct addresses; what it returns is an Ibis expression that has not run.
    """
    if view not in _BUILD:
        raise BadUseError(f"view {view!r}: unknown, known are {', '.join(VIEWS)}")
    tagged = flows if "noise" in flows.columns else flows.mutate(noise=ibis.null("string"))
    return _BUILD[view](orient(tagged, dns), dns)
