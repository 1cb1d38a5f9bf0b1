"""Which flows of an export are DNS."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.schema import TCP, UDP

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.generic]
#: The columns that tell DNS from all else.
PORTS = ("protocol", "src_port", "dst_port")


def is_dns(columns: Mapping[str, pa.Array], ports: Sequence[int]) -> Mask:
    """Flows over UDP or TCP with a DNS port at either end, and fragments between the same two addresses.

    Fragments carry port 0 at both ends, so nothing but the company they keep says that they are DNS: they
    count when the export has a flow with a DNS port between their two addresses, in either direction.
    """
    kept, fragments = _by_ports({name: np.asarray(columns[name]) for name in PORTS}, ports)
    without = np.flatnonzero(fragments)
    if len(without):
        pairs = _pairs(columns)
        kept[without] = np.isin(pairs[without], pairs[kept])
    return kept


def may_be_dns(numbers: Mapping[str, Numbers], ports: Sequence[int]) -> Mask:
    """Flows over UDP or TCP with a DNS port at either end or without ports: all that `is_dns` may keep.

    `numbers` are the columns PORTS.
    """
    dns, fragments = _by_ports(numbers, ports)
    return dns | fragments


def _by_ports(numbers: Mapping[str, Numbers], ports: Sequence[int]) -> tuple[Mask, Mask]:
    """Flows with a DNS port, and flows without ports."""
    protocol, src_port, dst_port = (numbers[name] for name in PORTS)
    transport = _either(protocol, (UDP, TCP))
    dns = _either(src_port, ports)
    dns |= _either(dst_port, ports)
    return transport & dns, transport & (src_port == 0) & (dst_port == 0)


def _either(values: Numbers, wanted: Sequence[int]) -> Mask:
    found = np.zeros(len(values), bool)
    for value in wanted:
        found |= values == value
    return found


def _pairs(columns: Mapping[str, pa.Array]) -> npt.NDArray[np.int64]:
    """One number for each unordered pair of addresses."""
    codes = (columns[name].indices.fill_null(-1) for name in ("src_ip", "dst_ip"))
    src, dst = (np.asarray(each).astype(np.int64) for each in codes)
    return np.minimum(src, dst) << 32 | np.maximum(src, dst)
