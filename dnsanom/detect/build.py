"""Incidents → alerts: one plain JSON object each, by falling severity; `tell` adds what they are known by."""

import hashlib
from collections.abc import Mapping
from math import log10
from typing import Any

import pandas as pd

from dnsanom.detect.alert import Alert, ModelRef, Peak, plural

EXAMPLES = 10


def build(windows: pd.DataFrame, view: str, card: Mapping[str, Any], model: ModelRef) -> list[Alert]:
    """Alerts of windows that `merge.incidents` numbered, in the order of these numbers, without evidence."""
    parts = windows.groupby("incident", sort=True)
    return [_alert(part, view, card, model) for _, part in parts]


def in_order(alerts: list[Alert]) -> list[Alert]:
    """The most severe first; among equals the earlier."""
    return sorted(alerts, key=lambda a: (-a["severity"], -a["score"], a["first_seen"], a["id"]))


def alert_id(view: str, vector: str, client: str | None, server: str | None, first_window: int) -> str:
    """Sixteen hex digits that depend on nothing but what the alert is about and when it began."""
    text = f"{view}|{vector}|{client or ''}|{server or ''}|{first_window}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def severity(score: float, threshold: float, packets: int, windows: int, hosts: int) -> int:
    """0 to 100: how sure the model is (40), packets (25), lasting (20) and hosts at the many end (15).

    The shares beyond the first grow with the logarithm and are full at a million packets, an hour of
    windows and a thousand hosts.
    """
    sure = 1.0 if threshold >= 1 else max(0.0, (score - threshold) / (1 - threshold))
    return round(
        40 * min(1.0, sure)
        + 25 * min(1.0, log10(max(packets, 1)) / 6)
        + 20 * min(1.0, log10(max(windows, 1)) / log10(60))
        + 15 * min(1.0, log10(max(hosts, 1)) / 3)
    )


def _alert(part: pd.DataFrame, view: str, card: Mapping[str, Any], model: ModelRef) -> Alert:
    length, threshold = int(card["window_seconds"]), float(card["threshold"])
    peak = peak_of(part)
    clients, servers = _hosts(part, "client"), _hosts(part, "server")
    client = clients[0] if len(clients) == 1 else None
    server = servers[0] if len(servers) == 1 else None
    vector, packets = str(part["vector"].iloc[0]), int(part["packets"].sum())
    starts = sorted({int(w) for w in part["window"]})
    score = float(part["score"].max())
    return Alert(
        id=alert_id(view, vector, client, server, starts[0]),
        first_seen=iso(part["first_seen"].min()),
        last_seen=iso(part["last_seen"].max()),
        client=client,
        server=server,
        clients=len(clients),
        servers=len(servers),
        examples=_examples(clients, servers),
        vector=vector,
        vectors={str(name): int(count) for name, count in part["said"].value_counts().items()},
        score=round(score, 6),
        threshold=round(threshold, 6),
        severity=severity(score, threshold, packets, len(starts), max(len(clients), len(servers))),
        windows=len(part),
        window_seconds=length,
        spans=spans(starts, length),
        peak=Peak(
            window=iso(pd.Timestamp(int(peak["window"]), unit="s", tz="UTC")),
            client=str(peak["client"]),
            server=str(peak["server"]),
        ),
        flows=int(part["flows"].sum()),
        packets=packets,
        bytes=int(part["bytes"].sum()),
        words=who(client, server, len(clients), len(servers)),
        evidence=[],
        neighbours=[],
        noise=sorted(set(part["noise"].dropna())),
        exports=sorted({key for keys in part["exports"] for key in keys}),
        view=view,
        model=model,
        data_md5=str(card["data_md5"]),
        code=str(card["code"]),
    )


def peak_of(part: pd.DataFrame) -> "pd.Series[Any]":
    """The window of an incident that evidence is of: the highest score, among equals the most packets."""
    return part.sort_values(["score", "packets", "window", "client", "server"]).iloc[-1]


def _hosts(part: pd.DataFrame, end: str) -> list[str]:
    """The hosts at one end, the one with most packets first."""
    sums = part.groupby(end, sort=True)["packets"].sum()
    return [str(host) for host in sums.sort_values(ascending=False, kind="stable").index]


def _examples(clients: list[str], servers: list[str]) -> list[str]:
    if len(clients) == 1 and len(servers) == 1:
        return []
    return (clients if len(clients) > len(servers) else servers)[:EXAMPLES]


def who(client: str | None, server: str | None, clients: int, servers: int) -> str:
    """The two ends in words: `198.18.3.7 and 512 servers`."""
    return f"{client or plural(clients, 'client')} and {server or plural(servers, 'server')}"


def spans(starts: list[int], length: int) -> list[list[str]]:
    """Unbroken stretches of windows as [start, end] in ISO time."""
    stretches: list[list[int]] = []
    for start in starts:
        if stretches and stretches[-1][1] == start:
            stretches[-1][1] = start + length
        else:
            stretches.append([start, start + length])
    return [[iso(pd.Timestamp(t, unit="s", tz="UTC")) for t in stretch] for stretch in stretches]


def iso(time: pd.Timestamp) -> str:
    """UTC to the millisecond: 2026-03-02T09:14:00.000Z."""
    return str(time.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.")) + f"{time.microsecond // 1000:03d}Z"
