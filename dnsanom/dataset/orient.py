"""Which end of a DNS flow is the client and which the server.

1. One end has a DNS port: it is the server.
2. Both have one (a resolver or forwarder that asks from port 53): the server is the end that is a listed
   resolver; with both or none listed, the end outside our client networks; with both alike, the lesser
   address as text. None of this looks at the flow's direction, so a query and its reply agree on who is
   who.
3. Both ports are 0 (fragments): the server is the end that serves DNS to that pair elsewhere in the data;
   where no flow or both ways tell, a listed resolver, else the source, since it is large replies that are
   cut into fragments.

Any other flow is not DNS and has no ends.
"""

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from dnsanom.dataset.networks import addresses, lookup, prefixes
from dnsanom.params import Dns

ELSEWHERE, CLIENT, RESOLVER = 0, 1, 2


def orient(flows: ibis.Table, dns: Dns) -> ibis.Table:
    """The DNS flows with `client`, `server`, `is_query`, `is_fragment`, `src_role` and `dst_role`.

    Roles: 0 elsewhere, 1 one of our clients, 2 one of our resolvers. Runs one query, for the addresses.
    """
    marked = flows.mutate(
        src_dns=flows.src_port.isin(dns.ports),
        dst_dns=flows.dst_port.isin(dns.ports),
        is_fragment=(flows.src_port == 0) & (flows.dst_port == 0),
    )
    roles = _roles(flows, dns)
    ported = _by_port(_with_roles(marked.filter(marked.src_dns | marked.dst_dns), roles))
    pieces = _by_pair(_with_roles(marked.filter(marked.is_fragment), roles), _pairs(marked))
    return ibis.union(_with_ends(ported), _with_ends(pieces))


def _roles(flows: ibis.Table, dns: Dns) -> ibis.Table:
    """The role of each address that has one."""
    resolvers, clients = prefixes(dns.networks("resolvers")), prefixes(dns.networks("client_networks"))
    return lookup(addresses(flows), [(RESOLVER, resolvers), (CLIENT, clients)], pa.int64(), "role")


def _pairs(marked: ibis.Table) -> ibis.Table:
    """Pairs of a client and a server, by the flows of which only one end has a DNS port."""
    told = marked.filter(marked.src_dns != marked.dst_dns)
    client = ibis.ifelse(told.src_dns, told.dst_ip, told.src_ip)
    server = ibis.ifelse(told.src_dns, told.src_ip, told.dst_ip)
    return told.select(client=client, server=server).distinct().mutate(known=True)


def _with_roles(flows: ibis.Table, roles: ibis.Table) -> ibis.Table:
    src = roles.select(src_ip="address", src_role="role")
    dst = roles.select(dst_ip="address", dst_role="role").view()
    joined = flows.left_join(src, "src_ip").drop("src_ip_right").left_join(dst, "dst_ip").drop("dst_ip_right")
    return joined.mutate(
        src_role=joined.src_role.fill_null(ELSEWHERE), dst_role=joined.dst_role.fill_null(ELSEWHERE)
    )


def _serves(role: ir.IntegerValue) -> ir.IntegerValue:
    """How likely an end of this role is the server of a flow between two DNS ports."""
    return ibis.cases((role == RESOLVER, 2), (role == ELSEWHERE, 1), else_=0)


def _by_port(ends: ibis.Table) -> ibis.Table:
    src, dst = _serves(ends.src_role), _serves(ends.dst_role)
    by_role = (src > dst) | ((src == dst) & (ends.src_ip < ends.dst_ip))
    return ends.mutate(src_serves=ibis.ifelse(ends.src_dns & ends.dst_dns, by_role, ends.src_dns))


def _by_pair(pieces: ibis.Table, pairs: ibis.Table) -> ibis.Table:
    src = pairs.select(src_ip="server", dst_ip="client", src_known="known")
    dst = pairs.select(src_ip="client", dst_ip="server", dst_known="known").view()
    told = pieces.left_join(src, ["src_ip", "dst_ip"]).drop("src_ip_right", "dst_ip_right")
    told = told.left_join(dst, ["src_ip", "dst_ip"]).drop("src_ip_right", "dst_ip_right")
    src_known, dst_known = told.src_known.notnull(), told.dst_known.notnull()
    listed = (told.src_role == RESOLVER) | (told.dst_role != RESOLVER)
    src_serves = ibis.ifelse(src_known == dst_known, listed, src_known)
    return told.mutate(src_serves=src_serves).drop("src_known", "dst_known")


def _with_ends(told: ibis.Table) -> ibis.Table:
    return told.mutate(
        client=ibis.ifelse(told.src_serves, told.dst_ip, told.src_ip),
        server=ibis.ifelse(told.src_serves, told.src_ip, told.dst_ip),
        is_query=~told.src_serves,
    ).drop("src_dns", "dst_dns", "src_serves")
