"""The ISP: its resolvers, its clients by kind, and the internet around it."""

from dataclasses import dataclass, replace

import numpy as np

from dnsanom.simulate.address import HOME6, HOST6, Block, pick, v4
from dnsanom.simulate.clock import MINUTE, Span
from dnsanom.simulate.draws import F64, I64, Bools, generator
from dnsanom.simulate.profile import Profile

RESOLVERS = np.array([v4(f"198.51.100.{last}") for last in range(10, 15)])
RESOLVERS6 = np.array([HOST6, HOST6 + 1])
PUBLIC = np.array([v4(a) for a in ("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9")])
PUBLIC6 = np.array([HOST6 + 2, HOST6 + 3, HOST6 + 4])


@dataclass(frozen=True)
class Outage:
    """A resolver that answers nearly nothing for a minute or two."""

    server: int
    start: int
    end: int


@dataclass(frozen=True)
class Network:
    """Address numbers by kind, and what goes wrong honestly.

    clients: how many there are in all; homes, homes6: access lines; mail: mail servers; gateways: CGNAT;
    hosted: authoritative servers of customers in our networks; parked: such servers that nobody asks;
    open: routers at customers' that answer anybody; rented: hosts without traffic of their own; transit:
    clients of networks we only carry; private: resolvers on the internet used by few; authoritative: the
    internet's name servers, busiest first; habits: the profile; often: a factor on `per_day`.
    """

    clients: int
    homes: I64
    homes6: I64
    mail: I64
    gateways: I64
    hosted: I64
    parked: I64
    open: I64
    rented: I64
    transit: I64
    private: I64
    authoritative: I64
    outages: tuple[Outage, ...]
    habits: Profile
    often: float = 1.0

    @property
    def shares(self) -> F64:
        """How clients spread over our resolvers."""
        return np.array(self.habits.resolvers)

    def per_day(self, number: float) -> float:
        """A day's number of something, given for 400 clients, for this many, as often as it comes here."""
        return number * self.often * self.clients / 400

    def by(self, part: str) -> "Network":
        """The same network, where things come as often as this part's do by the profile."""
        return replace(self, often=self.habits.often.get(part, 1.0))

    def down(self, server: I64, time: I64) -> Bools:
        """Which questions meet a resolver that is out."""
        out = np.zeros(len(time), bool)
        for o in self.outages:
            out |= (server == o.server) & (time >= o.start) & (time < o.end)
        return out


def network(seed: int, clients: int, span: Span, habits: Profile) -> Network:
    """The ISP of a seed: `clients` access lines, servers and gateways, in the profile's proportions."""
    rng = generator(seed, "network")
    count = {kind: max(least, round(clients * habits.kinds[kind])) for kind, least in _LEAST.items()}
    rented = pick(rng, Block.RENTED, 8, 200)
    servers = pick(rng, Block.SERVERS, 12, count["mail"] + 40)
    return Network(
        clients=clients,
        homes=pick(rng, Block.HOMES, 16, count["homes"]),
        homes6=HOME6 + 1 + rng.choice(0xFFFE, count["homes6"], replace=False),
        mail=servers[40:],
        gateways=pick(rng, Block.GATEWAYS, 20, count["gateways"]),
        hosted=servers[:4],
        parked=servers[4:40],
        open=pick(rng, Block.OPEN, 13, 1_500),
        rented=rented,
        transit=pick(rng, Block.TRANSIT, 22, count["transit"]),
        private=pick(rng, Block.PRIVATE, 22, max(12, clients // 8)),
        authoritative=pick(rng, Block.AUTHORITATIVE, 24, 4_000),
        outages=_outages(rng, span),
        habits=habits,
    )


#: The least number of each kind.
_LEAST = {"homes": 8, "homes6": 2, "mail": 2, "gateways": 2, "transit": 3}


def _outages(rng: np.random.Generator, span: Span) -> tuple[Outage, ...]:
    """About one outage in six hours, of one resolver for one to three minutes."""
    n = max(1, round(span.hours / 6))
    starts = span.start + (rng.random(n) * (span.end - span.start)).astype(np.int64)
    lengths = rng.uniform(1, 3, n) * MINUTE
    servers = rng.choice(RESOLVERS, n)
    return tuple(Outage(int(s), int(t), int(t + d)) for s, t, d in zip(servers, starts, lengths, strict=True))


def resolvers_for(rng: np.random.Generator, net: Network, n: int) -> I64:
    """First and second resolver of `n` clients, distinct, in even shares; shape (n, 2)."""
    first = np.searchsorted(np.cumsum(net.shares)[:-1], (rng.permutation(n) + rng.random()) / n)
    second = (first + rng.integers(1, len(RESOLVERS), n)) % len(RESOLVERS)
    return np.stack([RESOLVERS[first], RESOLVERS[second]], axis=1)


def popularity(n: int, zipf: float) -> F64:
    """Zipf shares of `n` ranks; they add up to 1."""
    share: F64 = 1 / np.arange(1, n + 1) ** zipf
    return np.asarray(share / share.sum())
