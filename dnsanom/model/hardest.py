"""What the model gets wrong in the worst way: attacks that it takes for calm, and alerts about nothing."""

from typing import Any

import pandas as pd

from dnsanom.model.bundle import Bundle
from dnsanom.schema import BENIGN, FEATURES, feature_names

MOST = 10
#: Features that a row is told by: those furthest from usual.
FEW = 3
_WHAT = ("client", "server", "first_seen", "flow_count", "packet_count", "byte_count")


def misses(
    rows: pd.DataFrame, answers: pd.DataFrame, flagged: pd.DataFrame, bundle: Bundle
) -> list[dict[str, Any]]:
    """Attack rows that no alert holds, one an episode and pair; those of the lowest score first.

    Rows of episodes that were found by none of their rows come before others.
    """
    raised = flagged.index[flagged["raised"].notna()]
    missed = rows[(rows["vector"] != BENIGN) & ~rows.index.isin(raised)]
    found = set(rows.loc[raised, "episode"].dropna())
    ordered = missed.assign(
        score=answers["score"].reindex(missed.index), other=missed["episode"].isin(found)
    ).sort_values(["other", "score", "first_seen", "client", "server"])
    once = ordered.drop_duplicates(["vector", "episode", "client", "server"])
    once = pd.concat([once.drop_duplicates("episode"), once]).drop_duplicates(keep="first")
    return [_told(row, bundle) | {"episode_found": bool(row["other"])} for row in _dicts(once.head(MOST))]


def false_alerts(
    rows: pd.DataFrame, answers: pd.DataFrame, flagged: pd.DataFrame, bundle: Bundle
) -> list[dict[str, Any]]:
    """Alerts made of benign rows alone, of the highest score first, each by its highest row."""
    part = flagged[flagged["raised"].notna()]
    false = part[(part["truth"] == BENIGN).groupby(part["incident"]).transform("all")]
    size = false.groupby("incident").size()
    order = ["score", "packet_count", "client", "server"]
    top = (
        false.sort_values(order, ascending=[False, False, True, True]).drop_duplicates("incident").head(MOST)
    )
    shown = rows.loc[top.index].assign(score=top["score"])
    told = zip(_dicts(shown), top["told"], top["incident"].map(size), strict=True)
    return [_told(row, bundle) | {"told": str(said), "rows": int(n)} for row, said, n in told]


def _dicts(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _told(row: dict[str, Any], bundle: Bundle) -> dict[str, Any]:
    return {
        "vector": str(row["vector"]),
        "score": round(float(row["score"]), 4),
        "client": str(row["client"]),
        "server": str(row["server"]),
        "time": row["first_seen"].strftime("%Y-%m-%d %H:%M:%S"),
        **{name: int(row[name]) for name in _WHAT[3:]},
        "words": in_words(row, bundle),
    }


def in_words(row: dict[str, Any], bundle: Bundle) -> str:
    """The features that are furthest from usual, in their units, with what is usual."""
    usual, view = bundle.card["usual"], bundle.card["view"]
    units = {f.name: f.unit for f in FEATURES[view]}
    names = [name for name in feature_names(view) if name in usual and name in bundle.card["features"]]
    far = sorted(names, key=lambda name: -abs(float(row[name]) - usual[name][0]) / usual[name][1])
    return "; ".join(
        f"{name.replace('_', ' ')} {float(row[name]):,.4g} {units[name]} (usually {usual[name][0]:,.3g})"
        for name in far[:FEW]
    )
