"""What packet sampling leaves to be found: the chosen setting on rows as 1:N sampling would show them."""

from typing import Any

import pandas as pd

from dnsanom.detect.merge import Merging
from dnsanom.model import alerts, frames
from dnsanom.model.bundle import Bundle, predict
from dnsanom.model.refit import refit
from dnsanom.model.scoring import confusion, likeliest, macro_f1, per_vector
from dnsanom.model.threshold import days
from dnsanom.schema import BENIGN
from dnsanom.settings import Settings

Figures = dict[str, Any]
PARTS: tuple[frames.Part, ...] = ("train", "validation", "test")


def at_rates(settings: Settings, bundle: Bundle, whole: pd.DataFrame, merging: Merging) -> Figures:
    """For each rate of the data set, N as text: the figures of the setting fitted anew on sampled rows.

    whole: the unsampled test rows, which say what episodes there are and how strong.
    """
    strengths = alerts.episodes(whole, nothing(whole, merging), merging)
    return {
        str(rate): _at(settings, bundle, rate, whole, strengths, merging)
        for rate in settings.params.dataset.sampling_rates
    }


def nothing(rows: pd.DataFrame, merging: Merging) -> pd.DataFrame:
    """What is raised where no row is flagged."""
    none = rows.iloc[:0]
    calm = pd.DataFrame({"score": pd.Series(dtype=float), "vector": pd.Series(dtype="str")}, index=none.index)
    return alerts.raised(none, calm, 1.0, merging)


def _at(
    settings: Settings,
    bundle: Bundle,
    rate: int,
    whole: pd.DataFrame,
    strengths: pd.DataFrame,
    merging: Merging,
) -> Figures:
    view = bundle.card["view"]
    train, validation, test = (frames.load(settings, view, p, rate) for p in PARTS)
    if lacking := _lacking(train, validation, test):
        return {"rows": len(test), "lacking": lacking, "visible": invisible(strengths)}
    try:
        made = refit(settings, bundle, train, validation, merging)
    except ValueError as error:
        return {"rows": len(test), "lacking": str(error), "visible": invisible(strengths)}
    answers = predict(made, test)
    flagged = alerts.raised(test, answers, made.card["threshold"], merging)
    table = confusion(test["vector"], likeliest(answers))
    told, found = alerts.alerts(flagged), alerts.episodes(test, flagged, merging)["found"]
    strengths = strengths.assign(found=found.reindex(strengths.index).eq(True))
    return {
        "rows": len(test),
        "lacking": None,
        "macro_f1": macro_f1(table),
        "vectors": per_vector(table),
        "false_alerts_per_day": round(float(told["false"].sum()) / days(whole), 2),
        "episode_recall": alerts.recall(strengths),
        "visible": invisible(strengths),
    }


def _lacking(*parts: pd.DataFrame) -> str | None:
    """Why nothing can be learnt or asked, if that is so."""
    for name, part in zip(PARTS, parts, strict=True):
        vectors = set(part["vector"])
        if BENIGN not in vectors or (name == "train" and len(vectors) < 2):
            return f"{name} rows are of {', '.join(sorted(vectors)) or 'nothing'}"
    return None


def invisible(table: pd.DataFrame) -> dict[str, Figures]:
    """For each vector the strength, in bytes/s, that divides what is found from what is not.

    `kind` says how: `all` or `none` found (the weakest, the strongest); `under`: fewer than half of the
    episodes below `strength` were found, the largest such strength; `mixed`: it does not hang on strength.
    """
    return {str(vector): _edge(part) for vector, part in table.groupby("vector")}


def _edge(part: pd.DataFrame) -> Figures:
    ordered = part.sort_values("strength", kind="stable")
    found, strength = ordered["found"].to_numpy(), ordered["strength"].to_numpy()
    counts = {"episodes": len(found), "found": int(found.sum())}
    if found.all():
        return {**counts, "kind": "all", "strength": round(float(strength[0]), 1)}
    if not found.any():
        return {**counts, "kind": "none", "strength": round(float(strength[-1]), 1)}
    seldom = [n for n in range(1, len(found) + 1) if 2 * found[:n].sum() < n]
    if not seldom:
        return {**counts, "kind": "mixed", "strength": None}
    below = seldom[-1]
    edge = strength[below] if below < len(found) else strength[-1]
    return {
        **counts,
        "kind": "under",
        "strength": round(float(edge), 1),
        "below": below,
        "below_found": int(found[:below].sum()),
    }
