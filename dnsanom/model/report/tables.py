"""The curves and the confusion table as CSV, for `dvc plots` and for whoever draws them anew."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve

from dnsanom.model.evaluation import Evaluation
from dnsanom.schema import BENIGN

#: Points that a curve has at most.
POINTS = 200


def write(folder: Path, done: Evaluation) -> None:
    """Write confusion.csv, counts.csv (the same, a row a cell), curve.csv and pr.csv."""
    table = done.confusion(done.chosen)
    table.to_csv(folder / "confusion.csv", lineterminator="\n")
    cells = table.reset_index().melt("truth", var_name="said", value_name="rows")
    cells.to_csv(folder / "counts.csv", index=False, lineterminator="\n")
    pd.DataFrame(done.parts["curve"]).to_csv(folder / "curve.csv", index=False, lineterminator="\n")
    pr_curve(done).to_csv(folder / "pr.csv", index=False, lineterminator="\n")


def pr_curve(done: Evaluation) -> pd.DataFrame:
    """Precision over recall of attack rows by the chosen model; empty without an attack row."""
    attack = (done.rows["vector"] != BENIGN).to_numpy()
    if not attack.any():
        return pd.DataFrame({"recall": [], "precision": []})
    precision, recall, _ = precision_recall_curve(attack, done.answers[done.chosen]["score"].to_numpy())
    kept = np.unique(np.linspace(0, len(recall) - 1, POINTS).astype(int))
    return pd.DataFrame({"recall": recall[kept].round(6), "precision": precision[kept].round(6)})
