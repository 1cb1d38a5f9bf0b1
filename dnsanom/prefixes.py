"""Which prefixes hold an address: sorted bounds of the prefixes, looked up by an address's bytes."""

import socket
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

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
