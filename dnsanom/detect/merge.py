"""Flagged windows → incidents: which of them an analyst would count as one.

Three steps. (1) Flagged windows of one pair no more than `merge_seconds` apart are a run; a standing fault
may pause for longer. (2) Runs that share a host and are as close are one incident when the host has enough
other ends: a scan has one client and many servers, a flood many clients and one server. A run that could
join on either side joins the larger incident. (3) Incidents of many clients each that go on at the same time
and share most of their clients are one: a botnet does not mind which resolver it asks.

What windows of one run or incident are said to be may differ; the vector with the largest sum of scores
stands. At a host that everybody uses, such as our resolvers, only runs of one family of vectors join.
"""

from dataclasses import dataclass

import pandas as pd

from dnsanom.dataset.networks import Prefixes, pack, prefixes
from dnsanom.dataset.noise import read_list
from dnsanom.detect.crowds import join_crowds
from dnsanom.detect.vectors import family, majority, pauses
from dnsanom.params import Params

CLIENT, SERVER = "client", "server"
#: What a flagged window is: one client, one server, the window's start (epoch s).
PAIR = [CLIENT, SERVER, "window"]


@dataclass(frozen=True)
class Many:
    """How many other ends make one incident of a host's runs; None where they stay apart."""

    servers: int | None
    clients: int | None


#: Three is a pattern where two may be chance. A tunnel is one client's own, whichever servers it goes
#: through, so tunnels of several clients stay apart; a scan is its scanner's; an open resolver is the host
#: to mend, whoever asks it.
MANY: dict[str, Many] = {
    "amplification": Many(servers=3, clients=3),
    "flood": Many(servers=3, clients=3),
    "water_torture": Many(servers=3, clients=3),
    "tunnel": Many(servers=3, clients=None),
    "scan": Many(servers=3, clients=None),
    "tcp_abuse": Many(servers=3, clients=3),
    "fragments": Many(servers=3, clients=3),
    "open_resolver": Many(servers=None, clients=2),
    "unknown": Many(servers=3, clients=3),
}
#: A client of its own that is flagged with two servers within minutes is one case.
OWN_SERVERS = 2
#: Vectors of which runs with a host that everybody uses as their common end stay apart.
PRIVATE = ("tunnel",)


def incidents(windows: pd.DataFrame, merge_seconds: int, length: int, shared: Prefixes) -> pd.DataFrame:
    """The windows with `incident` (from 0), `vector` (the incident's), `said` (the window's own), `side`.

    `windows` has client, server, window (epoch s), vector and score; `length` is a window's, in seconds;
    `shared` are hosts that everybody uses. `side` is the host that an incident has in common: client,
    server, pair (both) or none.
    """
    if windows.empty:
        return windows.assign(incident=0, side="", said="")
    ordered = windows.sort_values(["client", "server", "window"], ignore_index=True)
    ends = ordered["window"] + length
    gap = pauses(ordered["vector"], merge_seconds)
    ordered["run"] = _chain(ordered, ["client", "server"], ordered["window"], ends, gap)
    runs = join_crowds(_join_runs(_runs(ordered, length), merge_seconds, shared), merge_seconds)
    numbers = runs.sort_values(["start", "client", "server"])["label"].drop_duplicates()
    runs["incident"] = runs["label"].map({label: n for n, label in enumerate(numbers)})
    joined = ordered.join(runs[["incident", "side"]], on="run").drop(columns=["run"])
    vector = joined["incident"].map(majority(joined, "incident"))
    return joined.rename(columns={"vector": "said"}).assign(vector=vector)


@dataclass(frozen=True)
class Merging:
    """What incidents are made by: seconds between their windows, a window's own, the hosts that everybody
    uses, and the least packets of a single window that is an alert."""

    seconds: int
    window_seconds: int
    shared: Prefixes
    lone_packets: int

    def incidents(self, windows: pd.DataFrame) -> pd.DataFrame:
        """`incidents` of the windows."""
        return incidents(windows, self.seconds, self.window_seconds, self.shared)

    def alerted(self, windows: int, packets: int) -> bool:
        """An incident of so many is large enough for an alert; others are remembered, since they may grow."""
        return worth(windows, packets, self.lone_packets)


def merging(params: Params, window_seconds: int | None = None) -> Merging:
    """How these parameters merge windows of that length, by default their own."""
    length = window_seconds or params.dns.window_seconds
    return Merging(params.detect.merge_seconds, length, shared_hosts(params), params.detect.lone_packets)


def shared_hosts(params: Params) -> Prefixes:
    """Hosts that everybody uses, so that two who share one need not have to do with each other."""
    return prefixes([*params.dns.networks("resolvers"), *read_list("public_resolvers")])


def worth(windows: int, packets: int, lone_packets: int) -> bool:
    """Whether an incident of so many windows and packets is an alert: more than one window, or a full one.

    Half the false alerts of a simulated day were one window of a packet or two, and no episode was.
    """
    return windows > 1 or packets >= lone_packets


def _runs(windows: pd.DataFrame, length: int) -> pd.DataFrame:
    groups = windows.groupby("run", sort=True)
    runs = groups.agg(
        client=("client", "first"),
        server=("server", "first"),
        start=("window", "min"),
        score=("score", "sum"),
    )
    return runs.assign(end=groups["window"].max() + length, vector=majority(windows, "run"))


def _chain(frame: pd.DataFrame, by: list[str], start: pd.Series, end: pd.Series, gap: pd.Series) -> pd.Series:
    """Numbers of chains: rows of a group, sorted by start, each within `gap` of an earlier one's end."""
    keys = [frame[name] for name in by]
    reach = end.groupby(keys, sort=False).cummax().groupby(keys, sort=False).shift()
    return (reach.isna() | (start - reach > gap)).cumsum()


def _join_runs(runs: pd.DataFrame, gap: int, shared: Prefixes) -> pd.DataFrame:
    """Runs with `label` (the same in an incident) and `side`."""
    for side, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        runs = runs.join(_chains(runs, side, other, gap, shared).add_prefix(f"{side}_"))
    larger = runs["client_size"] >= runs["server_size"]
    runs["side"] = larger.map({True: CLIENT, False: SERVER})
    runs["label"] = runs["client_chain"].where(larger, runs["server_chain"])
    return _dissolve_small(runs)


def _chains(runs: pd.DataFrame, side: str, other: str, gap: int, shared: Prefixes) -> pd.DataFrame:
    """For each run its `chain` at one side, the other ends `needed`, and the chain's `size`, 0 if too few."""
    common = runs[side].isin([host for host in runs[side].unique() if pack(host) in shared])
    families = runs["vector"].map(family).where(common, "any")
    ordered = runs.assign(family=families).sort_values(["family", side, "start", other])
    gaps = pauses(ordered["vector"], gap)
    chain = _chain(ordered, ["family", side], ordered["start"], ordered["end"], gaps).reindex(runs.index)
    vector = chain.map(majority(runs.assign(chain=chain), "chain"))
    needed = vector.map(lambda name: getattr(MANY.get(name, MANY["unknown"]), f"{other}s"))
    needed = needed.astype("float64").where(~(common & vector.isin(PRIVATE)))
    if side == CLIENT:
        needed = needed.clip(upper=OWN_SERVERS).where(~common, needed)
    size = runs.groupby(chain)[other].transform("nunique")
    return pd.DataFrame(
        {"chain": f"{side}-" + chain.astype(str), "needed": needed, "size": size.where(size >= needed, 0)}
    )


def _dissolve_small(runs: pd.DataFrame) -> pd.DataFrame:
    """What has too few other ends, now that each run has chosen its side, falls back into pairs."""
    for side, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        chosen = runs["side"] == side
        left = runs[chosen].groupby("label")[other].transform("nunique").reindex(runs.index, fill_value=0)
        alone = chosen & ~(left >= runs[f"{side}_needed"])
        runs.loc[alone, "label"] = "run-" + runs.index[alone].astype(str)
        runs.loc[alone, "side"] = "pair"
    return runs
