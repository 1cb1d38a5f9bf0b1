"""A day of an ISP's DNS: all parts put together and metered."""

from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa

from dnsanom.netflow import derive
from dnsanom.schema import FLOW_SCHEMA, TRUTH_COLUMNS
from dnsanom.simulate.address import text
from dnsanom.simulate.attacks.episode import Attack
from dnsanom.simulate.benign import clients, iterative, other
from dnsanom.simulate.clock import Span, span_of
from dnsanom.simulate.draws import I64, generator
from dnsanom.simulate.lookalikes import busy, hosted, large, lists, streams
from dnsanom.simulate.network import Network, network
from dnsanom.simulate.packets import Packets, concat
from dnsanom.simulate.profile import DEFAULT
from dnsanom.simulate.profile import profile as profile_of
from dnsanom.simulate.router import fragment, meter, sample
from dnsanom.simulate.schedule import attacks

#: The flow table before it is written: an export's key and rows are not known yet.
SCHEMA = pa.schema([f for f in FLOW_SCHEMA if f.name not in ("export_key", "row")])
Part = Callable[[int, Network, Span], Packets]
BACKGROUND: tuple[Part, ...] = (
    clients.homes,
    clients.gateways,
    clients.public_users,
    clients.transit,
    clients.mail,
    iterative.ours,
    iterative.customers,
    other.time_and_web,
)
LOOKALIKES: tuple[Part, ...] = (
    streams.forwarders,
    streams.probes,
    streams.over_tls,
    busy.resolving_hosts,
    busy.offices,
    lists.reputation,
    lists.blocklists,
    lists.reverses,
    lists.searches,
    busy.long_names,
    busy.things,
    busy.prefetches,
    busy.flash_crowds,
    busy.dead_resolvers,
    large.validators,
    large.transfers,
    hosted.authoritative,
)


def simulate_day(
    start: datetime, hours: float, clients: int, seed: int, sampling: int = 1, profile: str = DEFAULT
) -> tuple[pa.Table, pd.DataFrame]:
    """Flows and truth of `hours` hours from `start` on, at an ISP with that many clients and that profile.

    Flows: FLOW_SCHEMA without export_key and row, in the order in which they end. Truth: TRUTH_COLUMNS,
    times in ISO 8601 UTC, "" is any; the rows of one episode have equal start and end. Packets and truth are
    the same whatever the sampling: it thins the packets that the seed and the profile make. Raises
    BadUseError for an unknown profile.
    """
    table, truth, _ = simulate_parts(start, hours, clients, seed, sampling, profile)
    return table, truth


def simulate_parts(
    start: datetime, hours: float, clients: int, seed: int, sampling: int = 1, profile: str = DEFAULT
) -> tuple[pa.Table, pd.DataFrame, list[str]]:
    """As simulate_day, with the name of the part that made each flow."""
    habits = profile_of(profile)
    span = span_of(start, hours, habits.curve)
    net = network(seed, clients, span, habits)
    found = [(vector, attack) for vector, attack in attacks(seed, net, span)]
    made = [
        *_honest(seed, net, span),
        *((f"attack {v}", a.packets.between(a.span.start, a.span.end)) for v, a in found),
    ]
    names = sorted({name for name, _ in made})
    sent = concat(fragment(p.marked(names.index(name))) for name, p in made).between(span.start, span.end)
    flows, origin = meter(sample(generator(seed, "sampling"), sent, sampling), sampling)
    return _finished(flows), _truth(found), [names[i] for i in origin.tolist()]


def _honest(seed: int, net: Network, span: Span) -> Iterator[tuple[str, Packets]]:
    for kind, parts in (("background", BACKGROUND), ("lookalike", LOOKALIKES)):
        for part in parts:
            yield f"{kind} {part.__name__}", part(seed, net.by(part.__name__), span)


def _finished(flows: pa.Table) -> pa.Table:
    """With the derived columns, in the schema's order."""
    rates = derive(*(np.asarray(flows[name]).astype(np.float64) for name in ("duration", "packets", "bytes")))
    columns = {
        **{name: flows[name] for name in flows.column_names},
        **{n: pa.array(r) for n, r in rates.items()},
    }
    return pa.table([columns[field.name].cast(field.type) for field in SCHEMA], schema=SCHEMA)


def _truth(found: list[tuple[str, Attack]]) -> pd.DataFrame:
    rows = [(c, s, a.span, v) for v, a in found for c, s in a.pairs]
    columns = (
        _ends(np.array([-1 if c is None else c for c, *_ in rows])),
        _ends(np.array([-1 if s is None else s for _, s, *_ in rows])),
        _times([span.start for *_, span, _ in rows]),
        _times([span.end for *_, span, _ in rows]),
        [vector for *_, vector in rows],
    )
    return pd.DataFrame(dict(zip(TRUTH_COLUMNS, columns, strict=True)))


def _ends(address: I64) -> list[str]:
    written = text(np.maximum(address, 0)).to_pylist()
    return ["" if a < 0 else t for a, t in zip(address.tolist(), written, strict=True)]


def _times(milliseconds: list[int]) -> list[str]:
    return [f"{np.datetime64(m, 'ms')}Z" for m in milliseconds]
