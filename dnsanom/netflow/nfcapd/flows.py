"""Numbers of a file's flows, row by row, and what no flow can be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dnsanom.netflow.keep import may_be_dns
from dnsanom.netflow.nfcapd import format as nf
from dnsanom.netflow.nfcapd.faults import Faults
from dnsanom.schema import LAST_MS

Rows = npt.NDArray[np.int64]
Bodies = npt.NDArray[np.void]
#: The arrays of numbers. A 64th bit shows as a sign.
_NUMBERS: dict[str, npt.DTypeLike] = {
    **{"first": np.int64, "last": np.int64, "packets": np.int64, "bytes": np.int64, "flows": np.int64},
    **{
        "src_port": np.int32,
        "dst_port": np.int32,
        "protocol": np.int16,
        "tcp_flags": np.int16,
        "tos": np.int16,
    },
    **{"src": np.uint32, "dst": np.uint32, "router": np.uint32, "selector": np.int64},
}
#: What a record has said of its flow: times, ports and counters; addresses.
GENERIC, ADDRESSES = 1, 2


class Flows:
    """Numbers of all flows of a file; 0 where a record lacks the part that has them.

    IPv6 addresses stand aside, as elements of layout 2, with the rows that have them.
    """

    def __init__(self, count: int) -> None:
        self.numbers: dict[str, npt.NDArray[Any]] = {n: np.zeros(count, kind) for n, kind in _NUMBERS.items()}
        self.exporter = np.zeros(count, np.uint16)
        self.seen = np.zeros(count, np.uint8)
        self.aside: dict[int, list[tuple[Rows, Bodies]]] = {nf.IPV6: [], nf.RECEIVED_V6: []}

    def of_v6(self, element: int) -> tuple[Rows, Bodies]:
        """Rows with the IPv6 element, and its bodies."""
        rows, bodies = zip(*self.aside[element], strict=True) if self.aside[element] else ((), ())
        kind = nf.ELEMENTS[element]
        return np.concatenate([np.zeros(0, np.int64), *rows]), np.concatenate([np.zeros(0, kind), *bodies])

    def without(self, part: int) -> npt.NDArray[np.bool_]:
        """Rows whose record says nothing of this part."""
        lacking: npt.NDArray[np.bool_] = (self.seen & part) == 0
        return lacking


def span(rows: Rows) -> Rows | slice:
    """The same rows (ascending), as a slice if there is none between them that is not of them."""
    whole = len(rows) > 0 and rows[-1] - rows[0] + 1 == len(rows)
    return slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows


def check(flows: Flows, faults: Faults, ports: Sequence[int] | None) -> None:
    """What no flow can be: after the year 9999, past 63 bits; of DNS over these ports, without addresses."""
    first = flows.numbers["first"]
    faults.add_all(np.flatnonzero((first < 0) | (first > LAST_MS)), "first seen after the year 9999")
    for name in ("packets", "bytes", "flows"):
        faults.add_all(np.flatnonzero(flows.numbers[name] < 0), f"{name}: 2^63 or more")
    lacking = flows.without(ADDRESSES)
    if ports is not None and lacking.any():
        lacking &= may_be_dns(flows.numbers, ports)
        faults.add_all(np.flatnonzero(lacking), "no element 2 or 3: addresses are missing")
