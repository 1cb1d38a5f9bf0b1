"""Which prefixes an address is in, as a join that every Ibis backend can do.

No two SQL engines agree on CIDR functions. So the distinct addresses of a table are fetched once, matched
here against the sorted bounds of the prefixes, and what matches becomes a small in-memory table to join
with.
"""

import socket
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

import ibis
import pyarrow as pa

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Prefixes:
    """A set of prefixes as sorted, disjoint bounds of packed addresses, by address length (4 or 16)."""

    first: dict[int, list[bytes]]
    last: dict[int, list[bytes]]

    def __contains__(self, packed: bytes) -> bool:
        size = len(packed)
        at = bisect_right(self.first.get(size, []), packed) - 1
        return at >= 0 and packed <= self.last[size][at]


def prefixes(networks: Iterable[Network]) -> Prefixes:
    """The networks as a set to look addresses up in."""
    given = list(networks)
    merged: dict[int, list[Network]] = {
        4: list(collapse_addresses(n for n in given if isinstance(n, IPv4Network))),
        16: list(collapse_addresses(n for n in given if isinstance(n, IPv6Network))),
    }
    return Prefixes(
        {size: [n.network_address.packed for n in nets] for size, nets in merged.items()},
        {size: [n.broadcast_address.packed for n in nets] for size, nets in merged.items()},
    )


def pack(address: str) -> bytes:
    """The address as 4 or 16 bytes in network order; empty for other text, which no prefix holds."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except OSError:
        return b""


def addresses(flows: ibis.Table) -> list[str]:
    """The distinct addresses at either end of the flows; this runs a query."""
    ends = ibis.union(flows.select(address=flows.src_ip), flows.select(address=flows.dst_ip), distinct=True)
    return [a for a in ends.to_pyarrow()["address"].to_pylist() if a is not None]


def lookup(
    found: Iterable[str], sets: Sequence[tuple[int | str, Prefixes]], dtype: pa.DataType, name: str
) -> ibis.Table:
    """Table (`address`, `name`) of the addresses that are in a set; the first such set gives its value."""
    matched: list[tuple[str, int | str]] = []
    for address in found:
        packed = pack(address)
        value = next((value for value, inside in sets if packed in inside), None)
        if value is not None:
            matched.append((address, value))
    return ibis.memtable(
        pa.table(
            {
                "address": pa.array([a for a, _ in matched], pa.string()),
                name: pa.array([v for _, v in matched], dtype),
            }
        )
    )
