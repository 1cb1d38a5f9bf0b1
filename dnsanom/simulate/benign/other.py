"""Traffic that is not DNS: time and web. `keep dns` drops it."""

import numpy as np

from dnsanom.schema import TCP
from dnsanom.simulate.address import Block, pick
from dnsanom.simulate.clock import Span, arrivals
from dnsanom.simulate.dns import ACK, FIN, SYN, ports
from dnsanom.simulate.draws import generator, log_uniform, whole
from dnsanom.simulate.network import Network
from dnsanom.simulate.packets import Packets, concat, packets

NTP, HTTPS = 123, 443


def time_and_web(seed: int, net: Network, span: Span) -> Packets:
    """NTP exchanges and HTTPS connections of the homes."""
    rng = generator(seed, "time and web")
    far = pick(rng, Block.WEB, 20, 400)
    who, time = arrivals(rng, span, np.full(len(net.homes), 0.6), curved=False)
    home, server = net.homes[who], rng.choice(far, len(who))
    asked = packets(time, home, server, NTP, NTP, 76)
    told = packets(time + rng.integers(5, 90, len(who)), server, home, NTP, NTP, 76)
    who, time = arrivals(rng, span, np.full(len(net.homes), 1.1))
    home, server, port = net.homes[who], rng.choice(far, len(who)), ports(rng, len(who))
    size = whole(log_uniform(rng, 3, 400, len(who)))
    there = packets(time, home, server, port, HTTPS, 90, count=size, protocol=TCP, flags=SYN | ACK | FIN)
    last = packets(
        time + rng.integers(5, 9_000, len(who)), home, server, port, HTTPS, 52, protocol=TCP, flags=ACK
    )
    back = packets(time + 20, server, home, HTTPS, port, 1_200, count=2 * size, protocol=TCP, flags=SYN | ACK)
    return concat([asked, told, there, last, back])
