"""Which flows of an export are DNS."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from dnsanom.schema import TCP, UDP

Mask = npt.NDArray[np.bool_]


def is_dns(columns: Mapping[str, pa.Array], ports: Sequence[int]) -> Mask:
    """Flows over UDP or TCP with a DNS port at either end, and fragments between the same two addresses.

    Fragments carry port 0 at both ends, so nothing but the company they keep says that they are DNS: they
    count when the export has a flow with a DNS port between their two addresses, in either direction.
    """
    src_port, dst_port = np.asarray(columns["src_port"]), np.asarray(columns["dst_port"])
    transport = _either(np.asarray(columns["protocol"]), (UDP, TCP))
    kept = transport & (_either(src_port, ports) | _either(dst_port, ports))
    fragments = np.flatnonzero(transport & (src_port == 0) & (dst_port == 0))
    if len(fragments):
        pairs = _pairs(columns)
        kept[fragments] = np.isin(pairs[fragments], pairs[kept])
    return kept


def _either(values: npt.NDArray[np.generic], wanted: Sequence[int]) -> Mask:
    found = np.zeros(len(values), bool)
    for value in wanted:
        found |= values == value
    return found


def _pairs(columns: Mapping[str, pa.Array]) -> npt.NDArray[np.int64]:
    """One number for each unordered pair of addresses."""
    src, dst = (np.asarray(columns[name].indices).astype(np.int64) for name in ("src_ip", "dst_ip"))
    return np.minimum(src, dst) << 32 | np.maximum(src, dst)
