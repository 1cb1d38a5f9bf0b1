"""Flagged windows → incidents: which of them an analyst would count as one.

Three steps. (1) Flagged windows of one pair no more than `merge_seconds` apart are a run; if they name
several vectors, the one with the largest sum of scores stands. (2) Runs of one vector that share a host and
are no more than `merge_seconds` apart are one incident when the host has `MANY[vector]` or more other
ends: a scan has one client and many servers, a flood many clients and one server. A run that could join on
either side joins the larger incident. (3) Incidents of one vector, with many clients each, that go on at the
same time and share most of their clients are one: a botnet does not mind which resolver it asks.
"""

from dataclasses import dataclass

import pandas as pd

from dnsanom.dataset.networks import Prefixes, pack

CLIENT, SERVER = "client", "server"


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
    "tunnel": Many(servers=2, clients=None),
    "scan": Many(servers=2, clients=None),
    "tcp_abuse": Many(servers=3, clients=3),
    "fragments": Many(servers=3, clients=3),
    "open_resolver": Many(servers=None, clients=2),
    "unknown": Many(servers=3, clients=3),
}
#: Vectors of which runs with one of our resolvers as their common end stay apart: everybody uses it.
PRIVATE = ("tunnel",)
#: Share of the smaller incident's clients that two incidents must have in common to be one.
COMMON = 0.5


def incidents(windows: pd.DataFrame, merge_seconds: int, length: int, shared: Prefixes) -> pd.DataFrame:
    """The windows with `incident` (from 0), `vector` (the incident's), `said` (the window's own), `side`.

    `windows` has client, server, window (epoch s), vector and score; `length` is a window's, in seconds;
    `shared` are hosts that everybody uses, our resolvers. `side` is the host that an incident has in
    common: client, server, pair (both) or none.
    """
    if windows.empty:
        return windows.assign(incident=0, side="", said="")
    ordered = windows.sort_values(["client", "server", "window"], ignore_index=True)
    ordered["run"] = _chain(
        ordered, ["client", "server"], ordered["window"], ordered["window"] + length, merge_seconds
    )
    runs = _runs(ordered, length)
    runs["vector"] = majority(ordered, "run")
    runs = _join_incidents(_join_runs(runs, merge_seconds, shared), merge_seconds)
    numbers = runs.sort_values(["start", "vector", "client", "server"])["label"].drop_duplicates()
    runs["incident"] = runs["label"].map({label: n for n, label in enumerate(numbers)})
    return (
        ordered.rename(columns={"vector": "said"})
        .join(runs[["incident", "vector", "side"]], on="run")
        .drop(columns=["run"])
    )


def majority(rows: pd.DataFrame, by: str | list[str]) -> "pd.Series[str]":
    """The vector with the largest sum of scores in each group; a tie goes by the alphabet."""
    keys = [by] if isinstance(by, str) else by
    sums = rows.groupby([*keys, "vector"], sort=True)["score"].sum().reset_index()
    best = sums.sort_values([*keys, "score", "vector"], ascending=[True] * len(keys) + [False, True])
    return best.drop_duplicates(keys).set_index(keys)["vector"]


def _runs(windows: pd.DataFrame, length: int) -> pd.DataFrame:
    groups = windows.groupby("run", sort=True)
    runs = groups.agg(client=("client", "first"), server=("server", "first"), start=("window", "min"))
    return runs.assign(end=groups["window"].max() + length)


def _chain(frame: pd.DataFrame, by: list[str], start: pd.Series, end: pd.Series, gap: int) -> pd.Series:
    """Numbers of chains: rows of a group, sorted by start, each within `gap` of an earlier one's end."""
    keys = [frame[name] for name in by]
    reach = end.groupby(keys, sort=False).cummax().groupby(keys, sort=False).shift()
    return (reach.isna() | (start - reach > gap)).cumsum()


def _join_runs(runs: pd.DataFrame, gap: int, shared: Prefixes) -> pd.DataFrame:
    """Runs with `label` (the same in an incident) and `side`."""
    for side, other in ((CLIENT, SERVER), (SERVER, CLIENT)):
        ordered = runs.sort_values(["vector", side, "start", other])
        chain = _chain(ordered, ["vector", side], ordered["start"], ordered["end"], gap)
        runs[f"{side}_chain"] = side + "-" + chain.reindex(runs.index).astype(str)
        runs[f"{side}_size"] = _sizes(runs, side, other, shared)
    larger = runs["client_size"] >= runs["server_size"]
    runs["side"] = larger.map({True: CLIENT, False: SERVER})
    runs["label"] = runs["client_chain"].where(larger, runs["server_chain"])
    return _dissolve_small(runs)


def _sizes(runs: pd.DataFrame, side: str, other: str, shared: Prefixes) -> pd.Series:
    """How many other ends the run's chain has; 0 where they are too few, or must stay apart."""
    sizes = runs.groupby(f"{side}_chain")[other].transform("nunique")
    apart = runs["vector"].isin(PRIVATE) & runs[side].isin(
        [h for h in runs[side].unique() if pack(h) in shared]
    )
    return sizes.where((sizes >= _needed(runs, other)) & ~apart, 0)


def _needed(runs: pd.DataFrame, other: str) -> pd.Series:
    never = 1 << 62
    return runs["vector"].map(lambda vector: getattr(MANY.get(vector, MANY["unknown"]), f"{other}s") or never)


def _dissolve_small(runs: pd.DataFrame) -> pd.DataFrame:
    """What has too few other ends, now that each run has chosen its side, falls back into pairs."""
    ends = {CLIENT: SERVER, SERVER: CLIENT}
    for side, other in ends.items():
        chosen = runs["side"] == side
        left = runs[chosen].groupby("label")[other].transform("nunique").reindex(runs.index, fill_value=0)
        alone = chosen & ((runs[f"{side}_size"] == 0) | (left < _needed(runs, other)))
        runs.loc[alone, "label"] = "run-" + runs.index[alone].astype(str)
        runs.loc[alone, "side"] = "pair"
    return runs.drop(columns=["client_chain", "server_chain", "client_size", "server_size"])


@dataclass(frozen=True)
class _Crowd:
    """Many clients against one server."""

    label: str
    vector: str
    start: int
    end: int
    clients: frozenset[str]

    def like(self, other: "_Crowd", gap: int) -> bool:
        """The two are one: same vector, at the same time, most of the smaller one's clients in common."""
        common = len(self.clients & other.clients)
        together = self.start - other.end <= gap and other.start - self.end <= gap
        enough = common >= COMMON * min(len(self.clients), len(other.clients))
        return self.vector == other.vector and together and enough


def _join_incidents(runs: pd.DataFrame, gap: int) -> pd.DataFrame:
    """Crowds that are alike become one incident, of side none."""
    crowds = [
        _Crowd(str(label), p["vector"].iloc[0], p["start"].min(), p["end"].max(), frozenset(p["client"]))
        for label, p in runs[runs["side"] == SERVER].groupby("label")
    ]
    renamed: dict[str, str] = {}
    for n, crowd in enumerate(crowds):
        alike = next((other for other in crowds[:n] if crowd.like(other, gap)), None)
        if alike:
            renamed[crowd.label] = renamed.setdefault(alike.label, alike.label)
    side = runs["side"].mask(runs["label"].isin(renamed), "none")
    return runs.assign(label=runs["label"].map(lambda label: renamed.get(label, label)), side=side)
