"""The flow view: a row is a flow, its features are nfdump's columns, addresses as roles, time as a gap."""

import ibis
from ibis.expr import types as ir

from dnsanom.dataset.moments import duration_ms, epoch_ms, from_epoch_ms
from dnsanom.params import Dns
from dnsanom.schema import ROW_COLUMNS, TCP, feature_names

DOT = 853


def flow_rows(flows: ibis.Table, dns: Dns) -> ibis.Table:
    """Row columns, `direction` ('query' or 'reply') and the flow features of oriented flows."""
    timed = flows.mutate(ms=epoch_ms(flows.first_seen))
    named = timed.mutate(
        last_seen=from_epoch_ms(timed.ms + duration_ms(timed.duration)),
        flow_count=timed.flows,
        packet_count=timed.packets,
        byte_count=timed.bytes,
        direction=ibis.ifelse(timed.is_query, "query", "reply"),
        gap=_gap(timed, dns.window_seconds),
        is_tcp=(timed.protocol == TCP).cast("int64"),
        src_port_class=_port_class(timed.src_port, dns),
        dst_port_class=_port_class(timed.dst_port, dns),
        tcp_flags=ibis.ifelse(timed.protocol == TCP, timed.tcp_flags.fill_null(0), 0),
        tos=timed.tos.fill_null(0),
    )
    features = {name: named[name].cast("float64") for name in feature_names("flow")}
    return named.select(*ROW_COLUMNS, "direction", **features)


def _gap(flows: ibis.Table, most: int) -> ir.FloatingValue:
    """Seconds since the last flow from the same source to the same destination, at most a window."""
    # Of flows in the same millisecond only one has the gap, so the order must be total.
    order = [flows.ms, flows.export_key, flows.row]
    before = ibis.window(group_by=[flows.src_ip, flows.dst_ip], order_by=order)
    seconds = (flows.ms - flows.ms.lag(1).over(before)) / 1000
    return ibis.least(seconds.fill_null(float(most)), float(most))


def _port_class(port: ir.IntegerValue, dns: Dns) -> ir.IntegerValue:
    plain = [p for p in dns.ports if p != DOT]
    dot = [p for p in dns.ports if p == DOT]
    return ibis.cases((port == 0, 0), (port.isin(plain), 1), (port.isin(dot), 2), (port < 1024, 3), else_=4)
