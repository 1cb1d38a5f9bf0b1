"""Open resolvers: customers' routers that answer strangers."""

import numpy as np

from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.attacks.episode import Attack, Episode, spread
from dnsanom.simulate.dns import ask, delays, ports
from dnsanom.simulate.draws import I64, log_uniform
from dnsanom.simulate.names import Names, around, catalogue
from dnsanom.simulate.network import RESOLVERS, Network
from dnsanom.simulate.packets import Packets, concat


def for_many(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """Many strangers, each asking a little."""
    n = int(log_uniform(rng, 12, 160, 1)[0])
    return _serve(rng, episode, net, n, episode.between(0.15, 12))


def for_few(rng: np.random.Generator, episode: Episode, net: Network) -> Attack:
    """A few strangers who use it as their resolver."""
    return _serve(rng, episode, net, int(rng.integers(1, 8)), episode.between(1.5, 150))


def _serve(rng: np.random.Generator, episode: Episode, net: Network, n: int, per_minute: float) -> Attack:
    """Strangers' questions to the router, and its own to our resolver for what it has not cached."""
    router = int(net.open[1_200 + episode.number % 300])
    strangers = pick(rng, Block.STRANGERS, 25, n)
    episode = episode.shortened(per_minute * n, 1_000)
    who, time = spread(rng, episode.span, per_minute * log_uniform(rng, 0.3, 3, n))
    names = _names(rng)
    query, reply = names.draw(rng, len(who))
    late = delays(rng, len(who), 60.0)
    answered = float(rng.uniform(0.75, 1))
    asked = ask(
        rng, time, strangers[who], router, ports(rng, len(who)), query, reply, answered=answered, delay=late
    )
    passed_on = _pass_on(rng, net, time, router, query, reply)
    return Attack(episode.span, concat([asked, passed_on]), [(None, router)])


def _names(rng: np.random.Generator) -> Names:
    """What strangers ask for: plain names without EDNS."""
    ask_ = rng.uniform(54, 72)
    return catalogue(rng, 60, around(ask_ - 4, ask_, ask_ + 12), around(ask_ + 14, ask_ + 45, ask_ + 150))


def _pass_on(
    rng: np.random.Generator, net: Network, time: I64, router: int, query: I64, reply: I64
) -> Packets:
    """A forwarder's share of the questions that goes on to our resolver."""
    on = rng.random(len(time)) < rng.uniform(0.1, 0.7)
    resolver = int(rng.choice(RESOLVERS, p=net.shares))
    return ask(rng, time[on] + 1, router, resolver, ports(rng, int(on.sum())), query[on], reply[on])
