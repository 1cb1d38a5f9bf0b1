"""What a model has to beat: the label rules, the ports, the most frequent class; and boosted trees."""

import ibis
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from dnsanom.dataset.labels import label
from dnsanom.model.bundle import matrix, scored
from dnsanom.params import Rule
from dnsanom.schema import BENIGN, LABEL_COLUMNS, VECTORS

#: Columns that say which ports a row is about; a window has none but the server's role.
PORTS = {"flow": ("src_port_class", "dst_port_class"), "window": ("server_role",)}
RULES, PORT, MAJORITY, CEILING = "rules only", "port only", "majority", "boosted trees"


def by_rules(rows: pd.DataFrame, rules: tuple[Rule, ...]) -> pd.Series:
    """The vector that the first matching rule names, benign where none does."""
    table = rows.drop(columns=[c for c in LABEL_COLUMNS if c in rows]).assign(place=range(len(rows)))
    named = label(ibis.memtable(table), rules, None).select("place", "vector")
    found = named.to_pandas().sort_values("place")["vector"]
    return pd.Series(found.to_numpy(), index=rows.index, dtype="str")


def by_port(rows: pd.DataFrame, train: pd.DataFrame, view: str) -> pd.Series:
    """The vector that training rows of the same ports have most often, benign for ports never seen."""
    ports = list(PORTS[view])
    counts = train.groupby([*ports, "vector"]).size().reset_index(name="rows")
    counts = counts.sort_values(["rows", "vector"], ascending=[False, True])
    most = counts.drop_duplicates(ports)[[*ports, "vector"]]
    found = rows[ports].merge(most, on=ports, how="left")["vector"].fillna(BENIGN)
    return pd.Series(found.to_numpy(), index=rows.index, dtype="str")


def by_majority(rows: pd.DataFrame, train: pd.DataFrame) -> pd.Series:
    """The vector that training rows have most often, whatever the row."""
    return pd.Series(train["vector"].mode()[0], index=rows.index, dtype="str")


def as_answers(said: pd.Series) -> pd.DataFrame:
    """Vectors said for sure as a model's answers: score 1 for an attack, 0 for benign, nothing unknown."""
    chances = pd.DataFrame({vector: (said == vector).astype(float) for vector in VECTORS})
    answers = scored(chances.to_numpy(), list(VECTORS), np.zeros(len(said)))
    return answers.set_index(said.index)


class Ceiling:
    """Gradient-boosted trees on all fifteen features, unrounded: about what the features can give at most.

    On one thread: they start thousands of short parallel loops, each of which waits for all of its threads.
    Where another program has one of the processors, that made minutes of seconds.
    """

    def __init__(self, train: pd.DataFrame, view: str, seed: int) -> None:
        self.view = view
        self.model = HistGradientBoostingClassifier(
            max_iter=50,
            learning_rate=0.1,
            # Without it leaves of rows that are sure have next to no curvature, and their values run away.
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
        with threadpool_limits(1):
            self.model.fit(matrix(train, view), train["vector"].astype(object))

    def answers(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Answers to rows; it knows nothing of the unknown."""
        with threadpool_limits(1):
            chances = self.model.predict_proba(matrix(rows, self.view))
        classes = [str(c) for c in self.model.classes_]
        return scored(chances, classes, np.zeros(len(rows))).set_index(rows.index)
