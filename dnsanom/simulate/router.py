"""What a router makes of packets: fragments at the MTU, 1-in-N samples, flows cut at its two timeouts."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from dnsanom.schema import TCP, TIMESTAMP, UDP
from dnsanom.simulate.address import OUR_HOSTS6, PUBLIC_EIGHTS, Block, is_v6, text
from dnsanom.simulate.clock import SECOND
from dnsanom.simulate.draws import I64, Bools
from dnsanom.simulate.packets import Packets, concat

MTU = 1_500
ACTIVE, INACTIVE = 60 * SECOND, 15 * SECOND
#: The access router, which sees clients and resolvers, and the border router, which sees the internet.
EXPORTERS = ("192.0.2.1", "192.0.2.2")


def fragment(sent: Packets) -> Packets:
    """Datagrams over the MTU as a first fragment with ports, and the rest, which has none (0 to 0)."""
    big = (sent.size > MTU) & (sent.protocol == UDP)
    if not big.any():
        return sent
    large = sent.where(big)
    rest = large.size - MTU
    pieces = -(-rest // (MTU - 20))
    zero = np.zeros_like(large.sport)
    tail = replace(
        large,
        sport=zero,
        dport=zero,
        size=rest // pieces + 20,
        count=large.count * pieces,
        time=large.time + 1,
    )
    return concat([replace(sent, size=np.minimum(sent.size, MTU)), tail])


def sample(rng: np.random.Generator, seen: Packets, rate: int) -> Packets:
    """One packet in `rate`, each with the same chance."""
    if rate == 1:
        return seen
    kept = rng.binomial(seen.count, 1 / rate).astype(np.int32)
    return replace(seen, count=kept).where(kept > 0)


def _key(seen: Packets) -> I64:
    """A number a flow key (hashed to 64 bits: two keys in a day's packets meet once in millions of days)."""
    mix = np.uint64(0x9E3779B97F4A7C15)
    low = seen.sport.astype(np.uint64) << np.uint64(24) | seen.dport.astype(np.uint64) << np.uint64(8)
    hashed = (low | seen.protocol.astype(np.uint64)) * mix
    for part in (seen.src, seen.dst, seen.tos):
        hashed = (hashed ^ hashed >> np.uint64(29) ^ part.astype(np.uint64)) * mix
    return (hashed >> np.uint64(1)).astype(np.int64)


def _cuts(key: I64, time: I64) -> Bools:
    """Where a new flow begins among packets sorted by key and time.

    A pause longer than the inactive timeout ends a flow, and so does the active timeout; the pieces of one
    long flow are counted from its first packet.
    """
    run = np.append(True, (key[1:] != key[:-1]) | (np.diff(time) > INACTIVE))
    start = time[run][np.cumsum(run) - 1]
    piece = (time - start) // ACTIVE
    cut: Bools = run | np.append(False, piece[1:] != piece[:-1])
    return cut


def meter(seen: Packets, rate: int) -> tuple[pa.Table, I64]:
    """Flows of the packets, in the order in which they end, and the number of the part that made each.

    The table has the flow columns without the derived ones. Packets and bytes are multiplied by the sampling
    rate, as nfdump stores them.
    """
    key = _key(seen)
    order = np.lexsort((seen.time, key))
    seen, key = seen.where(order), key[order]
    first = np.flatnonzero(_cuts(key, seen.time)) if len(seen) else np.zeros(0, np.int64)
    last = np.append(first[1:], len(seen)) - 1 if len(first) else first
    end = seen.time[last]
    by_end = np.lexsort((first, end))
    return _table(seen, first, last, rate, by_end), seen.origin[first][by_end].astype(np.int64)


def _table(seen: Packets, first: I64, last: I64, rate: int, order: I64) -> pa.Table:
    count = seen.count.astype(np.int64)
    sums = [np.add.reduceat(v, first) if len(first) else v for v in (count, count * seen.size)]
    flags = np.bitwise_or.reduceat(seen.flags, first) if len(first) else seen.flags
    head = seen.where(first[order])
    span = (seen.time[last] - seen.time[first])[order]
    columns = {
        "first_seen": pa.array(head.time).cast(TIMESTAMP),
        "duration": pa.array(span / SECOND),
        "protocol": pa.array(head.protocol.astype(np.int16)),
        "src_ip": text(head.src).cast(pa.string()),
        "src_port": pa.array(head.sport),
        "dst_ip": text(head.dst).cast(pa.string()),
        "dst_port": pa.array(head.dport),
        "tcp_flags": pa.array(np.where(head.protocol == TCP, flags[order], 0).astype(np.int16)),
        "tos": pa.array(head.tos.astype(np.int16)),
        "packets": pa.array(sums[0][order] * rate),
        "bytes": pa.array(sums[1][order] * rate),
        "flows": pa.array(np.ones(len(first), np.int64)),
        "exporter": pa.array(np.where(_crosses(head), EXPORTERS[1], EXPORTERS[0])),
        "sampling_rate": pa.array(np.full(len(first), rate, np.int32)),
        "scaled_by": pa.array(np.full(len(first), rate, np.int32)),
    }
    return pa.table(columns)


def _crosses(head: Packets) -> Bools:
    """Which flows have an end on the internet: those the border router exports."""
    return _outside(head.src) | _outside(head.dst)


def _outside(address: I64) -> Bools:
    far = (address >= Block.AUTHORITATIVE) & ~is_v6(address) | (address > OUR_HOSTS6)
    return far | np.isin(address >> 24, PUBLIC_EIGHTS)
