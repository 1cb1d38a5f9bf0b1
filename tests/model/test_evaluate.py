"""The test report."""

import json
from dataclasses import replace
from typing import Any

import pytest
from synthetic import prepared

from dnsanom.errors import DatasetError, RegistryError
from dnsanom.model import baselines
from dnsanom.model.bundle import Bundle
from dnsanom.model.evaluate import evaluate, winner
from dnsanom.model.frames import load
from dnsanom.model.sweep import sweep
from dnsanom.model.tracking import connect
from dnsanom.params import Rule
from dnsanom.settings import Settings

FILES = {
    "metrics.json",
    "chosen.json",
    "budget.png",
    "confusion.csv",
    "confusion.png",
    "counts.csv",
    "curve.csv",
    "per_vector.png",
    "pr.csv",
    "pr.png",
    "reliability.png",
    "report.html",
}


def quiet(line: str) -> None:
    """Say nothing."""


def test_the_report_is_whole(trained: Settings) -> None:
    folder = trained.report("window")
    assert {path.name for path in folder.iterdir()} == FILES
    figures = json.loads((folder / "metrics.json").read_text())
    assert set(figures["models"]) == {"knn", "svm"}
    assert set(figures["baselines"]) == {"rules only", "port only", "majority", "boosted trees"}
    test = load(trained, "window", "test")
    for model in figures["models"].values():
        assert {v: row["support"] for v, row in model["vectors"].items()} == test[
            "vector"
        ].value_counts().to_dict()
        assert sum(e["episodes"] for e in model["episodes"].values()) == test["episode"].nunique()
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 5
    assert "http://" not in page
    assert "https://" not in page


def test_validation_rows_choose_the_model(trained: Settings) -> None:
    figures = json.loads((trained.report("window") / "metrics.json").read_text())
    cards = {
        m: json.loads((trained.candidate("window", m) / "card.json").read_text())["validation"]["macro_f1"]
        for m in ("knn", "svm")
    }
    assert figures["chosen"] == max(cards, key=lambda m: cards[m])
    assert figures["macro_f1"] == figures["models"][figures["chosen"]]["macro_f1"]


def test_the_first_line_says_that_labels_are_true(trained: Settings) -> None:
    figures = (trained.report("window") / "metrics.json").read_text()
    assert figures.splitlines()[1].strip().startswith('"labels": "Labels come from truth')
    assert first_words(trained).startswith('<p class="note truth">Labels come from truth')


def test_the_first_line_says_that_labels_are_the_rules_own(project: Settings) -> None:
    prepared(project, source="rule")
    sweep(project, "window", "knn", quiet)
    note = evaluate(project, "window").note
    assert note.startswith("Labels come from the rules only")
    assert first_words(project).startswith('<p class="note rules">Labels come from the rules only')


def first_words(settings: Settings) -> str:
    page = (settings.report("window") / "report.html").read_text()
    return page.split("<main>")[1].strip()


def test_the_same_inputs_give_the_same_report(copied: Settings) -> None:
    before = {p.name: p.read_bytes() for p in copied.report("window").iterdir()}
    evaluate(copied, "window")
    assert {p.name: p.read_bytes() for p in copied.report("window").iterdir()} == before


def test_the_run_holds_report_and_model(trained: Settings) -> None:
    client = connect(trained)
    experiment = client.get_experiment_by_name("dnsanom-window")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "tags.kind = 'evaluate'")
    assert run.info.run_name == "evaluate-window"
    assert {f.path for f in client.list_artifacts(run.info.run_id)} >= FILES
    assert run.data.metrics["macro_f1/rules only"] >= 0
    assert client.get_logged_model(run.data.tags["model_id"]).source_run_id == run.info.run_id


def test_another_data_set_needs_another_sweep(copied: Settings) -> None:
    test = copied.dataset("window") / "test.parquet"
    load(copied, "window", "test").iloc[1:].to_parquet(test, index=False)
    with pytest.raises(DatasetError, match=r"made of data set .*; run `dnsanom sweep --view window"):
        evaluate(copied, "window")


def test_no_candidate(project: Settings) -> None:
    with pytest.raises(RegistryError, match="no candidate; `dnsanom sweep --view window --model knn`"):
        evaluate(project, "window")


def test_rules_as_a_baseline_keep_the_order_of_rows(trained: Settings) -> None:
    test = load(trained, "window", "test")
    rules = (Rule(vector="scan", when="fan_out > 100"), Rule(vector="tunnel", when="query_bpp > 12"))
    said = baselines.by_rules(test, rules)
    assert (said.index == test.index).all()
    assert ((said == "scan") == (test["fan_out"] > 100)).all()
    assert ((said == "tunnel") == ((test["fan_out"] <= 100) & (test["query_bpp"] > 12))).all()


def test_ports_as_a_baseline(trained: Settings) -> None:
    train, test = load(trained, "window", "train"), load(trained, "window", "test")
    train["server_role"] = (train["vector"] == "scan").astype(float)
    test["server_role"] = [float(i % 3) for i in range(len(test))]
    said = baselines.by_port(test, train, "window")
    assert list(said[:6]) == ["benign", "scan", "benign"] * 2


def test_the_winner_finds_most_within_the_budget(trained: Settings) -> None:
    one = Bundle.load(trained.candidate("window", "knn"))
    counts = {"scan": {"episodes": 4, "flagged": 2}, "tunnel": {"episodes": 10, "flagged": 5}}

    def like(**validation: Any) -> Bundle:
        told = {"within_budget": True, "macro_f1": 0.8, "episodes": counts, **validation}
        return replace(one, card=one.card | {"validation": told})

    more = {**counts, "scan": {"episodes": 4, "flagged": 3}}
    assert winner({"knn": like(), "svm": like()}) == "knn"
    assert winner({"knn": like(), "svm": like(macro_f1=0.9)}) == "svm"
    assert winner({"knn": like(episodes=more), "svm": like(macro_f1=0.9)}) == "knn"
    assert winner({"knn": like(episodes=more, within_budget=False), "svm": like()}) == "svm"
