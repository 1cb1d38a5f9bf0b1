"""Clients dealt to the sides, so that no client prefix is on two of them.

What is dealt is the client's prefix. Where one of our own resolvers is the client, it is the prefix of the
server that it asks: our resolvers are no clients, and are there on every side.

A prefix that is seen in the time of one side only is of that side: nothing of it can be on another, and
attackers and made-up addresses that come once are not lost. Any other is dealt by an md5 of it with the
seed, in set shares: the next data set deals it alike, so that the clients of today's test are not those that
a later model learns from. Addresses and times alone decide, never features or labels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5

import ibis
import pyarrow as pa
from ibis.expr import types as ir

from dnsanom.dataset.networks import pack, prefixes
from dnsanom.params import Clients, Dataset, Dns

#: The place of a row that is between two sides, or whose client is of none.
NOWHERE = -1


@dataclass(frozen=True)
class Deal:
    """Which side (0 train, 1 validation, 2 test) a prefix is of; `alone` are those seen on one side only."""

    clients: Clients
    seed: int
    alone: Mapping[str, int]

    def side(self, address: str) -> int:
        """The side of an address; what is no address is a prefix of its own."""
        prefix = self.prefix(address)
        return self.alone[prefix] if prefix in self.alone else self._drawn(prefix)

    def prefix(self, address: str) -> str:
        """The prefix that the address is in, as its leading bits in hexadecimal and their number."""
        packed = pack(address)
        if not packed:
            return address
        length = self.clients.ipv4_prefix if len(packed) == 4 else self.clients.ipv6_prefix
        leading = int.from_bytes(packed) >> (8 * len(packed) - length)
        return f"IPv{4 if len(packed) == 4 else 6} {leading:x}/{length}"

    def _drawn(self, prefix: str) -> int:
        drawn = int(md5(f"{self.seed}|{prefix}".encode(), usedforsecurity=False).hexdigest()[:8], 16) / 16**8
        return (drawn >= self.clients.train) + (drawn >= self.clients.train + self.clients.validation)


def deal(timed: ibis.Table, dataset: Dataset, ours: Sequence[str]) -> Deal | None:
    """How the clients of rows with `side` (by time) are dealt; None if they are not. Runs a query.

    ours: our resolvers among the rows' clients.
    """
    if dataset.clients is None:
        return None
    placed = timed.filter(timed.side != NOWHERE)
    met = placed.select(dealt=dealt(placed, ours), side=placed.side).distinct().to_pyarrow()
    plain = Deal(dataset.clients, dataset.seed, {})
    sides: dict[str, set[int]] = {}
    for address, side in zip(met["dealt"].to_pylist(), met["side"].to_pylist(), strict=True):
        sides.setdefault(plain.prefix(address), set()).add(side)
    alone = {prefix: next(iter(on)) for prefix, on in sides.items() if len(on) == 1}
    return Deal(dataset.clients, dataset.seed, alone)


def client_sides(rows: ibis.Table, how: Deal | None, ours: Sequence[str]) -> ibis.Table:
    """The rows with `client_side`, the side of their client; NOWHERE if none is dealt. Runs a query."""
    if how is None:
        return rows.mutate(client_side=ibis.literal(NOWHERE, "int64"))
    named = rows.mutate(dealt=dealt(rows, ours))
    met = named.select("dealt").distinct().to_pyarrow()["dealt"].to_pylist()
    columns = {"dealt": pa.array(met, pa.string())}
    columns["client_side"] = pa.array([how.side(address) for address in met], pa.int64())
    return named.inner_join(ibis.memtable(pa.table(columns)), "dealt").drop("dealt")


def dealt(rows: ibis.Table, ours: Sequence[str]) -> ir.StringValue:
    """The end of each row that is dealt: its client, or whom our resolver asks."""
    return ibis.ifelse(rows.client.isin(ours), rows.server, rows.client) if ours else rows.client


def our_resolvers(rows: ibis.Table, dns: Dns) -> list[str]:
    """Our resolvers among the ends of the rows, sorted. Runs a query, for the distinct ends."""
    listed = prefixes(dns.networks("resolvers"))
    ends = ibis.union(rows.select(end=rows.client), rows.select(end=rows.server), distinct=True)
    return sorted(a for a in ends.to_pyarrow()["end"].to_pylist() if pack(a) in listed)
