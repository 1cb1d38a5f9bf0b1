"""Which prefixes an address is in, as a join that every Ibis backend can do.

No two SQL engines agree on CIDR functions. So the distinct addresses of a table are fetched once, matched
here against the sorted bounds of the prefixes, and what matches becomes a small in-memory table to join
with.
"""

from collections.abc import Iterable, Sequence

import ibis
import pyarrow as pa

from dnsanom.prefixes import Network, Prefixes, pack, prefixes

__all__ = ["Network", "Prefixes", "addresses", "lookup", "pack", "prefixes"]


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
