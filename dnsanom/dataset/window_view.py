"""The window view: a row is what one client and one server exchanged in one fixed window of time.

Features are per packet, ratios, or amounts a window, so that an exporter's timeouts matter little: a flow
that lasts longer than a window counts with a window's share of its packets, and how many flows there were is
no feature.
"""

import ibis
from ibis.expr import types as ir

from dnsanom.dataset.moments import duration_ms, epoch_ms, from_epoch_ms
from dnsanom.params import Dns
from dnsanom.schema import ROW_COLUMNS, TCP, feature_names

#: Fractions are counted in sixteenths: sums of whole numbers are the same in any order, so that the same
#: flows give the same bytes however many threads add them up.
STEPS = 16
#: Bytes of a query that names of a usual length do not need: IP, UDP and DNS take 44, EDNS with a cookie 23.
LONG_QUERY = 90


def window_rows(flows: ibis.Table, dns: Dns) -> ibis.Table:
    """Row columns and the window features of oriented flows; a flow is in the window of its `first_seen`."""
    windows = _with_fans(_sums(_parts(flows, dns)))
    query_bpp = _ratio(windows.query_bytes, windows.query_packets, 0.0)
    reply_bpp = _ratio(windows.reply_bytes, windows.reply_packets, 0.0)
    busier = ibis.greatest(windows.query_packets, windows.reply_packets)
    named = windows.mutate(
        last_seen=from_epoch_ms(windows.last_ms),
        query_bpp=query_bpp,
        reply_bpp=reply_bpp,
        query_packets=windows.query_share / STEPS,
        reply_packets=windows.reply_share / STEPS,
        query_bpp_spread=_spread(windows, "query"),
        reply_bpp_spread=_spread(windows, "reply"),
        query_excess=windows.excess / STEPS,
        gain=ibis.greatest(reply_bpp - query_bpp, 0.0),
        answered=ibis.least(_ratio(windows.reply_packets, windows.query_packets, 2.0), 2.0),
        port_share=ibis.least(_ratio(windows.client_ports, busier, 0.0), 1.0),
        tcp_share=_ratio(windows.tcp_packets, windows.packet_count, 0.0),
        fragment_share=_ratio(windows.fragment_bytes, windows.byte_count, 0.0),
    )
    features = {name: named[name].cast("float64") for name in feature_names("window")}
    return named.select(*ROW_COLUMNS, **features)


def _parts(flows: ibis.Table, dns: Dns) -> ibis.Table:
    """What each flow adds to its window."""
    ms, length = epoch_ms(flows.first_seen), dns.window_seconds * 1000
    lasts = ibis.greatest(duration_ms(flows.duration), length)
    long_bytes = ibis.greatest(flows.bytes - LONG_QUERY * flows.packets, 0)
    return flows.mutate(
        window=(ms // length).cast("int64"),
        last_ms=ms + duration_ms(flows.duration),
        client_port=ibis.ifelse(flows.is_query, flows.src_port, flows.dst_port),
        server_role=ibis.ifelse(flows.is_query, flows.dst_role, flows.src_role),
        steps=(flows.bpp * STEPS).round().cast("int64"),
        share=_share(flows.packets, length, lasts),
        excess=_share(long_bytes, length, lasts),
    )


def _share(amount: ir.IntegerValue, length: int, lasts: ir.IntegerValue) -> ir.IntegerValue:
    """A window's share of what a flow has in `lasts` ms, in sixteenths."""
    return (amount.cast("float64") * (STEPS * length) / lasts).round().cast("int64")


def _sums(parts: ibis.Table) -> ibis.Table:
    query, reply = parts.is_query, ~parts.is_query
    return parts.group_by("client", "server", "window").aggregate(
        first_seen=parts.first_seen.min(),
        last_ms=parts.last_ms.max(),
        noise=parts.noise.max(),
        flow_count=parts.flows.sum(),
        packet_count=parts.packets.sum(),
        byte_count=parts.bytes.sum(),
        query_packets=_sum(parts.packets, query),
        query_bytes=_sum(parts.bytes, query),
        reply_packets=_sum(parts.packets, reply),
        reply_bytes=_sum(parts.bytes, reply),
        query_share=_sum(parts.share, query),
        reply_share=_sum(parts.share, reply),
        excess=_sum(parts.excess, query),
        **_moments(parts, "query", query),
        **_moments(parts, "reply", reply),
        client_ports=parts.client_port.nunique(where=parts.client_port > 0),
        tcp_packets=_sum(parts.packets, parts.protocol == TCP),
        fragment_bytes=_sum(parts.bytes, parts.is_fragment),
        server_role=parts.server_role.max(),
    )


def _with_fans(windows: ibis.Table) -> ibis.Table:
    """Each window with how many servers its client, and how many clients its server, had in that time.

    By window functions, since joins with two aggregates would have DuckDB sum up the windows three times.
    """
    by_client = ibis.window(group_by=[windows.client, windows.window])
    by_server = ibis.window(group_by=[windows.server, windows.window])
    return windows.mutate(fan_out=windows.count().over(by_client), fan_in=windows.count().over(by_server))


def _sum(values: ir.IntegerValue, where: ir.BooleanValue) -> ir.IntegerValue:
    return values.sum(where=where).fill_null(0)


def _ratio(part: ir.IntegerValue, whole: ir.IntegerValue, without: float) -> ir.FloatingValue:
    return ibis.ifelse(whole > 0, part / whole.nullif(0), without)


def _moments(parts: ibis.Table, way: str, where: ir.BooleanValue) -> dict[str, ir.IntegerValue]:
    """Number of the flows of a way, and sums of their bpp and of its squares, in steps."""
    return {
        f"{way}_records": parts.count(where=where),
        f"{way}_steps": _sum(parts.steps, where),
        f"{way}_squares": _sum(parts.steps * parts.steps, where),
    }


def _spread(windows: ibis.Table, way: str) -> ir.FloatingValue:
    """Population standard deviation of bpp over the flows of a way, in bytes a packet."""
    records = windows[f"{way}_records"].nullif(0)
    mean = windows[f"{way}_steps"] / records
    variance = ibis.greatest(windows[f"{way}_squares"] / records - mean * mean, 0.0)
    return variance.sqrt().fill_null(0.0) / STEPS
