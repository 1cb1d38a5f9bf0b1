"""Incidents of many clients each, at several servers at once, that are one: a botnet asks every resolver."""

from dataclasses import dataclass

import pandas as pd

from dnsanom.detect.vectors import family, majority

#: Share of the smaller incident's clients that two incidents must have in common to be one.
COMMON = 0.5


@dataclass(frozen=True)
class _Crowd:
    """Many clients against one server."""

    label: str
    family: str
    start: int
    end: int
    clients: frozenset[str]

    def like(self, other: "_Crowd", gap: int) -> bool:
        """The two are one: of one family, at the same time, most of the smaller one's clients in common."""
        common = len(self.clients & other.clients)
        together = self.start - other.end <= gap and other.start - self.end <= gap
        enough = common >= COMMON * min(len(self.clients), len(other.clients))
        return self.family == other.family and together and enough


def join_crowds(runs: pd.DataFrame, gap: int) -> pd.DataFrame:
    """Crowds that are alike become one incident, of side none."""
    crowds = _crowds(runs[runs["side"] == "server"])
    renamed: dict[str, str] = {}
    for n, crowd in enumerate(crowds):
        alike = next((other for other in crowds[:n] if crowd.like(other, gap)), None)
        if alike:
            renamed[crowd.label] = renamed.setdefault(alike.label, alike.label)
    side = runs["side"].mask(runs["label"].isin(renamed), "none")
    return runs.assign(label=runs["label"].map(lambda label: renamed.get(label, label)), side=side)


def _crowds(runs: pd.DataFrame) -> list[_Crowd]:
    """One crowd a label, in order of the labels."""
    by = runs.groupby("label")
    spans = by.agg(start=("start", "min"), end=("end", "max"))
    families, clients = majority(runs, "label").map(family), by["client"].agg(frozenset)
    return [
        _Crowd(str(label), families[label], start, end, clients[label])
        for label, start, end in spans.itertuples()
    ]
