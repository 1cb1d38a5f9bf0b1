"""Conversations from one source port: forwarders, probes and tunnels alike are streams of messages."""

from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.dns import DNS, delays
from dnsanom.simulate.draws import F64, I64, whole
from dnsanom.simulate.packets import Packets, concat, packets

#: A faster stream is made of runs of packets, so that a minute is never more rows than this.
RUNS_A_MINUTE = 40


@dataclass(frozen=True)
class Streams:
    """Streams by index: ends, the client's port, messages a minute, chance of a reply, median ms to it."""

    client: I64
    server: I64
    port: I64
    per_minute: F64
    answered: F64
    delay: F64

    def runs(self) -> I64:
        """How many packets one row stands for."""
        return np.maximum(1, np.ceil(self.per_minute / RUNS_A_MINUTE)).astype(np.int64)


def converse(
    rng: np.random.Generator, streams: Streams, who: I64, time: I64, query: F64, reply: F64,
    port: I64 | None = None,
) -> Packets:  # fmt: skip
    """Queries and replies (mean IP bytes of each run) of the streams, at the given times."""
    count = streams.runs()[who]
    heard = rng.binomial(count, streams.answered[who])
    client, server = streams.client[who], streams.server[who]
    port = streams.port[who] if port is None else port
    later = time + delays(rng, len(who), streams.delay[who])
    there = packets(time, client, server, port, DNS, whole(query), count=count)
    back = packets(later, server, client, DNS, port, whole(reply), count=np.maximum(heard, 1))
    return concat([there, back.where(heard > 0)])


def averaged(values: I64, count: I64, middle: F64) -> F64:
    """Means of runs of `count` messages: single draws, drawn towards the middle as means are."""
    return middle + (values - middle) / np.sqrt(count)
