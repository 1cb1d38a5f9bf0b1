"""Stub resolvers: hosts that put their questions to a resolver, each with its own habits."""

from dataclasses import dataclass

import numpy as np

from dnsanom.simulate.dns import ask, ask_tcp, delays
from dnsanom.simulate.draws import F64, I64, log_uniform
from dnsanom.simulate.names import Names
from dnsanom.simulate.network import Network
from dnsanom.simulate.packets import Packets, concat


@dataclass(frozen=True)
class Stubs:
    """Hosts by index. servers: first and second resolver, shape (n, 2); second: share of questions that go
    to the second; answered: chance of a reply; seen_query, seen_reply: chance that the exporter sees them;
    ports: how many source ports the host draws from; delay: median ms to a reply that is not cached;
    twin: share of questions for A and AAAA from one port.
    """

    address: I64
    servers: I64
    second: F64
    answered: F64
    seen_query: F64
    seen_reply: F64
    ports: I64
    tos: I64
    delay: F64
    twin: F64


def stubs(
    rng: np.random.Generator, address: I64, servers: I64, *, one_way: float = 0.05, lossy: float = 0.04,
    few_ports: float = 0.05, twins: float = 0.01,
) -> Stubs:  # fmt: skip
    """Hosts with habits: a share sees its routes asymmetric, a share loses packets, a share reuses ports."""
    n = len(address)
    return Stubs(
        address=address,
        servers=servers,
        second=np.where(rng.random(n) < 0.3, rng.uniform(0.02, 0.5, n), 0.0),
        answered=np.where(rng.random(n) < lossy, rng.uniform(0.6, 0.97, n), 0.995),
        seen_query=_visible(rng, n, one_way / 2),
        seen_reply=_visible(rng, n, one_way / 2),
        ports=np.where(rng.random(n) < few_ports, rng.integers(2, 600, n), 60_000),
        tos=rng.choice([0, 0x28, 0x48, 0xB8], n, p=[0.95, 0.02, 0.02, 0.01]),
        delay=log_uniform(rng, 5, 60, n) * np.where(rng.random(n) < 0.03, 30, 1),
        twin=np.where(rng.random(n) < twins, rng.uniform(0.1, 0.8, n), 0.007),
    )


def _visible(rng: np.random.Generator, n: int, hidden: float) -> F64:
    """Chances to be seen: mostly 1, for a share 0 or, where routes are balanced, something between."""
    dim = np.where(rng.random(n) < 0.6, 0.0, rng.uniform(0.05, 0.95, n))
    return np.where(rng.random(n) < hidden, dim, 1.0)


def resolve(
    rng: np.random.Generator, hosts: Stubs, who: I64, time: I64, names: Names, net: Network, *,
    truncated: float = 0.004,
) -> Packets:  # fmt: skip
    """The hosts' questions and what comes back.

    truncated: share whose reply did not fit and that asks again over TCP.
    """
    n = len(who)
    query, reply = names.draw(rng, n)
    server = hosts.servers[who, (rng.random(n) < hosts.second[who]).astype(np.int64)]
    chance = np.where(net.down(server, time), 0.06, hosts.answered[who])
    port = _ports(rng, hosts, who)
    client = hosts.address[who]
    seen = (hosts.seen_query[who], hosts.seen_reply[who])
    late = delays(rng, n, hosts.delay[who])
    made = ask(rng, time, client, server, port, query, reply, answered=chance, delay=late, retries=0.45,
               seen=seen, tos=hosts.tos[who])  # fmt: skip
    pick = rng.random(n) < hosts.twin[who]
    pair = ask(rng, time[pick] + rng.integers(0, 2, n)[pick], client[pick], server[pick],
               port[pick], query[pick],
               (reply + 12)[pick], answered=chance[pick], delay=(late + rng.integers(0, 3, n))[pick],
               seen=(seen[0][pick], seen[1][pick]), tos=hosts.tos[who][pick])  # fmt: skip
    cut = (rng.random(n) < truncated) & (seen[0] == 1) & (seen[1] == 1) & (chance > 0.9)
    tcp = ask_tcp(rng, (time + late)[cut], client[cut], server[cut], query[cut], 2 * reply[cut] + 400)
    return concat([made, pair, tcp])


def _ports(rng: np.random.Generator, hosts: Stubs, who: I64) -> I64:
    """A port a question, out of the host's own range."""
    start = 1_024 + hosts.address[who] * 2_654_435_761 % 3_000
    return start + rng.integers(0, hosts.ports[who])
