"""Figures against scikit-learn and by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support

from dnsanom.dataset.networks import prefixes
from dnsanom.detect.merge import Merging
from dnsanom.model.scoring import alerting, confusion, flat, likeliest, macro_f1, metrics, per_vector

MERGING = Merging(300, 60, prefixes([]), lone_packets=0)


def rows(n: int = 400) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    classes = ["benign", "scan", "tunnel"]
    truth = rng.choice(classes, n, p=[0.8, 0.1, 0.1])
    chances = rng.dirichlet([1, 1, 1], n)
    chances[np.arange(n), [classes.index(v) for v in truth]] += 0.4
    scored = pd.DataFrame(chances / chances.sum(axis=1)[:, None], columns=classes)
    scored.insert(0, "vector", np.where(scored["scan"] > scored["tunnel"], "scan", "tunnel"))
    scored.insert(0, "score", 1 - scored["benign"])
    frame = pd.DataFrame(
        {
            "vector": truth,
            "client": [f"198.18.0.{i % 100}" for i in range(n)],
            "server": "203.0.113.1",
            "packet_count": 1,
            "byte_count": 80,
            "first_seen": pd.Timestamp("2026-03-02T00:00Z") + pd.to_timedelta(np.arange(n) * 200, unit="s"),
            "episode": [None if v == "benign" else f"{v}-{i // 50}" for i, v in enumerate(truth)],
        }
    )
    return frame.assign(last_seen=frame["first_seen"] + pd.Timedelta("1s")), scored


def test_per_vector_figures_are_scikit_learns() -> None:
    frame, scored = rows()
    said = likeliest(scored)
    labels = ["benign", "tunnel", "scan"]
    found = per_vector(confusion(frame["vector"], said))
    assert list(found) == labels
    columns = zip(*precision_recall_fscore_support(frame["vector"], said, labels=labels), strict=True)
    for row, (precision, recall, f1, support) in zip(found.values(), columns, strict=True):
        assert list(row.values()) == pytest.approx([precision, recall, f1, support], abs=1e-6)
    expected = f1_score(frame["vector"], said, average="macro")
    assert macro_f1(confusion(frame["vector"], said)) == pytest.approx(expected, abs=1e-6)


def test_confusion_sums_to_the_rows_of_each_vector() -> None:
    frame, scored = rows()
    table = confusion(frame["vector"], likeliest(scored))
    assert table.to_numpy().sum() == len(frame)
    assert table.sum(axis=1).to_dict() == frame["vector"].value_counts().to_dict()


def test_a_vector_said_that_never_occurs_is_shown_and_not_averaged() -> None:
    table = confusion(pd.Series(["benign", "benign"]), pd.Series(["benign", "flood"]))
    assert per_vector(table)["flood"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert macro_f1(table) == pytest.approx(2 / 3, abs=1e-6)


def test_alerts_at_a_threshold() -> None:
    frame, scored = rows()
    low, high = (alerting(frame, scored, t, MERGING) for t in (0.5, 0.99))
    attack = frame["vector"] != "benign"
    assert low["recall"] == pytest.approx((scored["score"] >= 0.5)[attack].mean(), abs=1e-6)
    assert low["false_alerts_per_day"] > high["false_alerts_per_day"]
    assert low["episodes"]["scan"]["episodes"] == frame["episode"][frame["vector"] == "scan"].nunique()
    assert low["episodes"]["scan"]["flagged"] >= low["episodes"]["scan"]["named"]


def test_metrics_are_numbers_under_plain_names() -> None:
    frame, scored = rows()
    told = flat(metrics(frame, scored) | alerting(frame, scored, 0.5, MERGING))
    assert {"macro_f1", "pr_auc", "f1/tunnel", "support/scan", "pr_auc/scan", "episodes_found/tunnel"} <= set(
        told
    )
    assert all(isinstance(value, int | float) for value in told.values())


def test_only_benign_rows_have_no_pr_auc() -> None:
    frame, scored = rows()
    some = frame["vector"] == "benign"
    told = metrics(frame[some], scored[some])
    assert told["pr_auc"] is None
    assert "pr_auc" not in {k for k, v in flat(told).items() if v is not None}
