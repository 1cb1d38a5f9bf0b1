"""Alerts as analysts get them, held against what is true: episodes found, precision, time to detect.

Rows that reach the threshold become windows of a pair, windows become incidents, and an incident that is
large enough is an alert, as in detection. An episode is found when any of its rows is part of an alert.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest, chi2

from dnsanom.detect.merge import PAIR, Merging
from dnsanom.model.threshold import days, decide, incidents, windowed
from dnsanom.schema import BENIGN, SEEN, UNKNOWN

Figures = dict[str, Any]
#: Thresholds that the curve of recall against alerts a day is drawn through.
STEPS = 8


def raised(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float, merging: Merging) -> pd.DataFrame:
    """Rows that reach the threshold, with the incident that each is part of; the rows' index is kept.

    Columns: client, server, window (epoch s), first_seen, packet_count, score, vector (said of the row),
    truth, episode, incident, told (said of the incident), and raised: epoch s at which the incident has
    become an alert, null if it never does.
    """
    said = decide(scored, threshold)
    hit = (said != BENIGN).to_numpy()
    part = rows.loc[hit, ["client", "server", "first_seen", "packet_count", "episode"]]
    part = part.assign(truth=rows["vector"][hit], vector=said[hit], score=scored["score"][hit])
    part = windowed(part, merging)
    merged = incidents(part, merging)
    merged["raised"] = merged["incident"].map(_raised(merged, merging))
    told = merged.rename(columns={"vector": "told"})[[*PAIR, "incident", "told", "raised"]]
    return part.join(told.set_index(PAIR), on=PAIR)


def _raised(merged: pd.DataFrame, merging: Merging) -> pd.Series:
    """End of the window with which each incident grows large enough, for those that do."""
    ordered = merged.sort_values(["incident", "window"])
    by = ordered.groupby("incident")
    so_far = zip(by.cumcount() + 1, by["packets"].cumsum(), strict=True)
    enough = [merging.alerted(int(windows), int(packets)) for windows, packets in so_far]
    first = ordered[np.array(enough, dtype=bool)].groupby("incident")["window"].min()
    return first + merging.window_seconds


def alerts(flagged: pd.DataFrame) -> pd.DataFrame:
    """One row an alert: vector told, whether no attack has a part in it (`false`), its score and size."""
    part = flagged[flagged["raised"].notna()]
    return (
        part.assign(false=part["truth"] == BENIGN)
        .groupby("incident")
        .agg(
            told=("told", "first"),
            false=("false", "all"),
            score=("score", "max"),
            rows=("score", "size"),
            packets=("packet_count", "sum"),
        )
    )


def episodes(rows: pd.DataFrame, flagged: pd.DataFrame, merging: Merging) -> pd.DataFrame:
    """One row an episode, by vector and episode: what it was, whether it was found and how soon.

    Columns: `first` (its first row's time), `rows`, `strength` (bytes/s from first to last packet), `seen`
    (its attacker was in the training rows), `found`, `named` (an alert has its vector), `unknown` (found, not
    named, and an alert says unknown), `seconds` from first to the end of the window that raised the alert.
    """
    attack = rows[(rows["vector"] != BENIGN) & rows["episode"].notna()]
    attack = attack.assign(seen=attack[SEEN] if SEEN in attack.columns else False)
    table = attack.groupby(["vector", "episode"]).agg(
        first=("first_seen", "min"),
        last=("last_seen", "max"),
        rows=("vector", "size"),
        bytes=("byte_count", "sum"),
        seen=("seen", "any"),
    )
    span = (table["last"] - table["first"]).dt.total_seconds().clip(lower=1)
    table["strength"] = table.pop("bytes") / span
    part = flagged[flagged["raised"].notna() & (flagged["truth"] != BENIGN)]
    ends = np.maximum(part["window"] + merging.window_seconds, part["raised"])
    part = part.assign(end=ends, named=part["told"] == part["truth"], unknown=part["told"] == UNKNOWN)
    found = part.groupby(["truth", "episode"]).agg(
        end=("end", "min"), named=("named", "any"), unknown=("unknown", "any")
    )
    table = table.join(found.rename_axis(["vector", "episode"]))
    table["found"] = table["end"].notna()
    table["named"] = table["named"].eq(True)
    table["unknown"] = table["unknown"].eq(True) & ~table["named"]
    begun = table["first"].dt.as_unit("ms").astype("int64") / 1000
    table["seconds"] = table.pop("end") - begun
    return table


def summary(rows: pd.DataFrame, flagged: pd.DataFrame, merging: Merging) -> Figures:
    """Alerts a day, their precision, and the episodes found: of each vector, and by whether their attacker
    was seen in training. `false_alerts_low` and `false_alerts_high` are a day, too: the 95 % interval."""
    told, table, span = alerts(flagged), episodes(rows, flagged, merging), days(rows)
    false = int(told["false"].sum())
    low, high = of_count(false)
    return {
        "alerts": len(told),
        "alerts_per_day": round(len(told) / span, 2),
        "false_alerts_per_day": round(false / span, 2),
        "false_alerts_low": round(low / span, 2),
        "false_alerts_high": round(high / span, 2),
        "precision": round(1 - false / len(told), 6) if len(told) else None,
        "episode_recall": recall(table),
        "episodes": {str(vector): of_vector(part) for vector, part in table.groupby("vector")},
        "attackers": {
            "seen in training": recall(table[table["seen"]]),
            "never seen": recall(table[~table["seen"]]),
        },
    }


def of_count(count: int) -> tuple[float, float]:
    """The exact 95 % interval of what a count is expected to be (Garwood 1936): 0 tells of up to 3.69."""
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(0.975, 2 * (count + 1))) / 2


def recall(table: pd.DataFrame) -> Figures:
    """How many episodes there are and how many were found, with the 95 % interval of the share (Wilson's)."""
    count, found = len(table), int(table["found"].sum())
    if not count:
        return {"episodes": 0, "found": 0, "share": None, "low": None, "high": None}
    low, high = binomtest(found, count).proportion_ci(method="wilson")
    return {
        "episodes": count,
        "found": found,
        "share": round(found / count, 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
    }


def of_vector(table: pd.DataFrame) -> Figures:
    """Figures of one vector's episodes: found, named, unknown, and seconds until an alert."""
    seconds = table["seconds"].dropna()
    return {
        **recall(table),
        "flagged": int(table["found"].sum()),
        "named": int(table["named"].sum()),
        "unknown": int(table["unknown"].sum()),
        "seconds_median": round(float(seconds.median()), 1) if len(seconds) else None,
        "seconds_90": round(float(seconds.quantile(0.9)), 1) if len(seconds) else None,
    }


def curve(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float, merging: Merging) -> list[Figures]:
    """Alerts a day, false ones, precision and recall by episode at the threshold and at others around it."""
    points = []
    for step in _steps(scored["score"].to_numpy(), threshold):
        found = summary(rows, raised(rows, scored, step, merging), merging)
        named = ("alerts_per_day", "false_alerts_per_day", "precision")
        point = {"threshold": round(step, 6), **{name: found[name] for name in named}}
        points.append({**point, "episode_recall": found["episode_recall"]["share"]})
    return points


def _steps(scores: np.ndarray[Any, np.dtype[np.float64]], threshold: float) -> list[float]:
    """The threshold, and quantiles of the scores above a tenth, which benign rows seldom have."""
    high = np.unique(scores[scores >= 0.1])
    picked = np.quantile(high, np.linspace(0, 1, STEPS - 1)) if len(high) else np.empty(0)
    return sorted({float(threshold), *map(float, picked)})
