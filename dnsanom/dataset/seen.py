"""Which attack rows come of a host that the training side has had in an attack.

The attacker's side of an attack row is the ends that all rows of its episode on that side have in common: the
scanner, the victim whose name is made use of, the far end of a tunnel. Where they have neither in common, as
with many bots at many servers, it is both ends of the row. Our own resolvers are never part of it: they are
in attacks of every kind. A row is `seen` when any such host is one of the training side; so what is not seen
is new at every end that could be recognised. Benign rows are never seen.
"""

from collections.abc import Sequence

import ibis
from ibis.expr import types as ir

from dnsanom.schema import BENIGN, SEEN


def attackers(rows: ibis.Table, ours: Sequence[str]) -> ibis.Table:
    """The distinct hosts (`host`) on the attacker's side of labelled rows."""
    told = _told(rows.filter(rows.vector != BENIGN), ours)
    client = told.filter(told.by_client).select(host="client")
    server = told.filter(told.by_server).select(host="server")
    return ibis.union(client, server, distinct=True)


def mark(rows: ibis.Table, known: ibis.Table, ours: Sequence[str]) -> ibis.Table:
    """The rows with `seen`; known: the attackers of the training side; ours: our resolvers."""
    told = _told(rows, ours)
    client = told.by_client & told.client.isin(known.host)
    server = told.by_server & told.server.isin(known.host)
    seen = (told.vector != BENIGN) & (client | server)
    return told.mutate(**{SEEN: seen}).drop("by_client", "by_server")


def _told(rows: ibis.Table, ours: Sequence[str]) -> ibis.Table:
    """The rows with `by_client` and `by_server`: whether that end is on the attacker's side."""
    attacks = rows.filter(rows.episode.notnull())
    ends = attacks.group_by("episode").aggregate(
        clients=attacks.client.nunique(), servers=attacks.server.nunique()
    )
    joined = rows.left_join(ends, "episode").drop("episode_right")
    foreign = {end: _foreign(joined[end], ours) for end in ("client", "server")}
    common = {end: foreign[end] & (joined[f"{end}s"].fill_null(0) == 1) for end in foreign}
    none = ~(common["client"] | common["server"])
    by = {f"by_{end}": common[end] | (none & foreign[end]) for end in foreign}
    return joined.mutate(**by).drop("clients", "servers")


def _foreign(end: ir.StringValue, ours: Sequence[str]) -> ir.BooleanValue:
    return ~end.isin(ours) if ours else ibis.literal(True)
