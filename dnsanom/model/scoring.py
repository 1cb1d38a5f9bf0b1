"""What a model's answers are worth: the same figures for validation, test and the gate."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score

from dnsanom.model.threshold import count_alerts, days, decide
from dnsanom.schema import BENIGN, VECTORS

Metrics = dict[str, Any]
_DIGITS = 6


def confusion(truth: pd.Series, said: pd.Series) -> pd.DataFrame:
    """Counts of rows by true vector (index) and the vector said (columns), for the vectors that occur."""
    seen = set(truth) | set(said)
    labels = [v for v in VECTORS if v in seen] + sorted(seen - set(VECTORS))
    table = pd.crosstab(truth.to_numpy(), said.to_numpy())
    return table.reindex(index=labels, columns=labels, fill_value=0).rename_axis("truth", axis=0)


def per_vector(table: pd.DataFrame) -> dict[str, dict[str, float | int]]:
    """Precision, recall, F1 and support of each vector of a confusion table."""
    hits = np.diag(table).astype(float)
    support, said = table.sum(axis=1).to_numpy(), table.sum(axis=0).to_numpy()
    precision = hits / np.maximum(said, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + said, 1)
    return {
        str(vector): {
            "precision": round(float(precision[i]), _DIGITS),
            "recall": round(float(recall[i]), _DIGITS),
            "f1": round(float(f1[i]), _DIGITS),
            "support": int(support[i]),
        }
        for i, vector in enumerate(table.index)
    }


def macro_f1(table: pd.DataFrame) -> float:
    """Mean F1 over the vectors that truly occur, each counting the same."""
    f1 = [row["f1"] for row in per_vector(table).values() if row["support"]]
    return round(float(np.mean(f1)), _DIGITS)


def metrics(rows: pd.DataFrame, scored: pd.DataFrame, threshold: float, merge_seconds: float) -> Metrics:
    """All figures of rows that have a true `vector`, given a model's scores of them and its threshold."""
    said = decide(scored, threshold)
    table = confusion(rows["vector"], said)
    false = ((rows["vector"] == BENIGN) & (said != BENIGN)).to_numpy()
    return {
        "macro_f1": macro_f1(table),
        "macro_f1_likeliest": macro_f1(confusion(rows["vector"], likeliest(scored))),
        "pr_auc": pr_auc(rows["vector"] != BENIGN, scored["score"]),
        "false_alerts_per_day": round(count_alerts(rows, false, merge_seconds) / days(rows), 2),
        "threshold": round(threshold, _DIGITS),
        "rows": len(rows),
        "vectors": per_vector(table),
        "vector_pr_auc": {v: pr_auc(rows["vector"] == v, scored[v]) for v in VECTORS if v in scored},
        "episodes": episodes(rows, said),
    }


def likeliest(scored: pd.DataFrame) -> pd.Series:
    """The most probable class of each row, with no regard to the threshold."""
    classes = [c for c in scored.columns if c not in ("score", "vector")]
    return scored[classes].idxmax(axis=1)


def pr_auc(positive: pd.Series, score: pd.Series) -> float | None:
    """Area under precision over recall, as average precision; None without a positive row."""
    if not positive.any():
        return None
    return round(float(average_precision_score(positive.to_numpy(), score.to_numpy())), _DIGITS)


def episodes(rows: pd.DataFrame, said: pd.Series) -> dict[str, dict[str, int]]:
    """How many episodes each vector has, and of how many any row was flagged, and any named rightly."""
    attack = (rows["vector"] != BENIGN) & rows["episode"].notna()
    table = pd.DataFrame(
        {
            "vector": rows["vector"],
            "episode": rows["episode"],
            "flagged": said != BENIGN,
            "named": said == rows["vector"],
        }
    )[attack]
    found = table.groupby(["vector", "episode"])[["flagged", "named"]].any()
    counts = found.groupby("vector").agg(["size", "sum"])
    return {
        str(vector): {
            "episodes": int(row[("flagged", "size")]),
            "flagged": int(row[("flagged", "sum")]),
            "named": int(row[("named", "sum")]),
        }
        for vector, row in counts.iterrows()
    }


def flat(figures: Metrics) -> dict[str, float | None]:
    """The figures as one name a number, as MLflow wants them: `f1/tunnel`, `recall/tunnel` and so on."""
    plain = {name: value for name, value in figures.items() if not isinstance(value, dict)}
    of_vectors = {
        f"{name}/{v}": value for v, row in figures["vectors"].items() for name, value in row.items()
    }
    areas = {f"pr_auc/{vector}": value for vector, value in figures["vector_pr_auc"].items()}
    found = {
        f"episodes_found/{vector}": round(row["flagged"] / row["episodes"], _DIGITS)
        for vector, row in figures["episodes"].items()
    }
    return plain | of_vectors | areas | found
