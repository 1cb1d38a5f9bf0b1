"""What a model's answers are worth: the same figures for validation, test and the gate."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from dnsanom.detect.merge import Merging
from dnsanom.model import alerts
from dnsanom.model.threshold import decide
from dnsanom.schema import BENIGN, VECTORS

Metrics = dict[str, Any]
#: False alerts a day and the ends of their interval.
FALSE_ALERTS = ("false_alerts_per_day", "false_alerts_low", "false_alerts_high")
#: Decimals that figures are kept to.
DIGITS = 6


def confusion(truth: pd.Series, said: pd.Series) -> pd.DataFrame:
    """Counts of rows by true vector (index) and the vector said (columns), for the vectors that occur."""
    both, seen = pd.factorize(pd.concat([truth, said], ignore_index=True).astype(object))
    labels = [v for v in VECTORS if v in set(seen)] + sorted(set(seen) - set(VECTORS))
    place = np.array([labels.index(v) for v in seen], dtype=np.intp)[both]
    size = len(labels)
    counts = np.bincount(place[: len(truth)] * size + place[len(truth) :], minlength=size * size)
    return pd.DataFrame(counts.reshape(size, size), pd.Index(labels, name="truth"), labels)


def per_vector(table: pd.DataFrame) -> dict[str, dict[str, float | int]]:
    """Precision, recall, F1 and support of each vector of a confusion table."""
    hits = np.diag(table).astype(float)
    support, said = table.sum(axis=1).to_numpy(), table.sum(axis=0).to_numpy()
    precision = hits / np.maximum(said, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + said, 1)
    return {
        str(vector): {
            "precision": round(float(precision[i]), DIGITS),
            "recall": round(float(recall[i]), DIGITS),
            "f1": round(float(f1[i]), DIGITS),
            "support": int(support[i]),
        }
        for i, vector in enumerate(table.index)
    }


def macro_f1(table: pd.DataFrame) -> float:
    """Mean F1 over the vectors that truly occur, each counting the same."""
    f1 = [row["f1"] for row in per_vector(table).values() if row["support"]]
    return round(float(np.mean(f1)), DIGITS)


def metrics(rows: pd.DataFrame, scored: pd.DataFrame) -> Metrics:
    """How well each row's vector is told, as the most probable one, whatever the threshold of alerts.

    rows: their true `vector`; scored: a model's answers to them.
    """
    table = confusion(rows["vector"], likeliest(scored))
    return {
        "macro_f1": macro_f1(table),
        "pr_auc": pr_auc(rows["vector"] != BENIGN, scored["score"]),
        "rows": len(rows),
        "vectors": per_vector(table),
    }


def alerting(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float, merging: Merging) -> Metrics:
    """What comes of alerts at a threshold: how many a day, their precision, episodes found, F1 of rows.

    `precision` and `recall` are of rows, `alert_precision` and `episode_recall` of what analysts see. With it
    the PR-AUC of each vector, which takes long and is wanted of the best model only.
    """
    said = decide(scored, threshold)
    table = confusion(rows["vector"], said)
    attack, flagged = rows["vector"] != BENIGN, said != BENIGN
    told = alerts.summary(rows, alerts.raised(rows, scored, threshold, merging), merging)
    return {
        "threshold": threshold,
        **{name: told[name] for name in ("alerts", "alerts_per_day", *FALSE_ALERTS)},
        "alert_precision": told["precision"],
        "macro_f1_at_threshold": macro_f1(table),
        "precision": round(float((attack & flagged).sum() / max(flagged.sum(), 1)), DIGITS),
        "recall": round(float((attack & flagged).sum() / max(attack.sum(), 1)), DIGITS),
        **{name: told[name] for name in ("episode_recall", "attackers", "episodes")},
        "vector_pr_auc": {v: pr_auc(rows["vector"] == v, scored[v]) for v in VECTORS if v in scored},
    }


def likeliest(scored: pd.DataFrame) -> pd.Series:
    """The most probable class of each row, with no regard to the threshold."""
    classes = [c for c in scored.columns if c in VECTORS]
    best = np.asarray(classes, dtype=object)[scored[classes].to_numpy().argmax(axis=1)]
    return pd.Series(best, index=scored.index)


def pr_auc(positive: pd.Series, score: pd.Series) -> float | None:
    """Area under precision over recall, as average precision; None without a positive row."""
    if not positive.any():
        return None
    return round(float(average_precision_score(positive.to_numpy(), score.to_numpy())), DIGITS)


def flat(figures: Metrics) -> dict[str, float | None]:
    """The figures as one name a number, as MLflow wants them: `f1/tunnel`, `recall/tunnel` and so on."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, dict)}
    by_vector = figures["vectors"].items()
    of_vectors = {f"{name}/{vector}": value for vector, row in by_vector for name, value in row.items()}
    areas = {f"pr_auc/{vector}": value for vector, value in figures.get("vector_pr_auc", {}).items()}
    episodes = figures.get("episodes", {}).items()
    found = {f"episodes_found/{vector}": row["share"] for vector, row in episodes}
    soon = {
        f"seconds_to_detect/{vector}": row["seconds_median"]
        for vector, row in episodes
        if row["seconds_median"] is not None
    }
    return plain | of_vectors | areas | found | soon


def worth(validation: Metrics) -> tuple[bool, float]:
    """What a model is worth by its figures on validation rows: a larger tuple is worth more.

    A model that keeps the budget of false alerts comes before one that does not; then counts the mean of the
    share of episodes found at its threshold, each vector the same, and macro-F1: an attack is to be found
    and to be called what it is. Either alone is fooled: the first by the few episodes that lie at the
    threshold, the second by scores that name rows well and rank them badly.
    """
    found = [row["flagged"] / row["episodes"] for row in validation["episodes"].values() if row["episodes"]]
    share = sum(found) / len(found) if found else 0.0
    return bool(validation["within_budget"]), round((share + float(validation["macro_f1"])) / 2, 6)
