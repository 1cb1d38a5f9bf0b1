"""Addresses as integers: an IPv4 address is its own number, IPv6 addresses are numbers from 2^32 on."""

from enum import IntEnum
from ipaddress import IPv4Address

import numpy as np
import pyarrow as pa

from dnsanom.simulate.draws import I64, Bools

#: First number of the IPv6 homes, and of the other IPv6 hosts.
HOME6, HOST6 = 1 << 32, 1 << 33
HOSTS6 = (
    "2001:db8:53::10",
    "2001:db8:53::11",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2620:fe::fe",
)


#: The last of them that is ours, and the first octets of the public resolvers.
OUR_HOSTS6 = HOST6 + 1
PUBLIC_EIGHTS = (1, 8, 9)


class Block(IntEnum):
    """First address of each part's block of the internet (240.0.0.0/4) and of our clients' networks."""

    AUTHORITATIVE = 0xF0 << 24
    TRANSIT = 0xF1 << 24
    STRANGERS = 0xF2 << 24
    ATTACKERS = 0xF3 << 24
    REFLECTORS = 0xF4 << 24
    VICTIMS = 0xF5 << 24
    SPOOFED = 0xF6 << 24
    PRIVATE = 0xF8 << 24
    WEB = 0xF9 << 24
    HOMES = 198 << 24 | 18 << 16
    SERVERS = 198 << 24 | 19 << 16
    OPEN = 198 << 24 | 19 << 16 | 64 << 8
    RENTED = 198 << 24 | 19 << 16 | 200 << 8
    GATEWAYS = 100 << 24 | 64 << 16


def v4(text: str) -> int:
    """The number of an IPv4 address."""
    return int(IPv4Address(text))


def pick(rng: np.random.Generator, block: Block, bits: int, n: int) -> I64:
    """`n` distinct addresses in the `2**bits` of a block, never its first."""
    return np.int64(block) + 1 + rng.choice((1 << bits) - 2, n, replace=False)


def is_v6(address: I64) -> Bools:
    """Which addresses are IPv6."""
    return address >= HOME6


def text(address: I64) -> pa.DictionaryArray:
    """Addresses as canonical text, each distinct one written once."""
    known, place = np.unique(address, return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        place.astype(np.int32), pa.array([_text(a) for a in known.tolist()])
    )


def _text(address: int) -> str:
    if address >= HOST6:
        return HOSTS6[address - HOST6]
    if address >= HOME6:
        return f"2001:db8:c000:{address - HOME6:x}::1"
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
