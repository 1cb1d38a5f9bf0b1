"""Bundles on disk: the same bytes, the same answers, and nothing that is not trusted."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from synthetic import CHOSEN, rows

from dnsanom.errors import DatasetError, RegistryError
from dnsanom.model import skopsfile
from dnsanom.model.bundle import EXTRA_FILES, LEAN, Bundle, digest, matrix, open_bundle, predict
from dnsanom.model.candidates import pipeline
from dnsanom.model.novelty import Novelty
from dnsanom.model.nystroem import NystroemSVC
from dnsanom.settings import Settings

COUNTS = {"benign": 300, "tunnel": 40, "scan": 40}


class Untrusted(LogisticRegression):  # type: ignore[misc]
    """A class that no list names."""


def bundle(model: str = "knn") -> Bundle:
    setting = {"n_neighbors": 5} if model == "knn" else {"C": 1.0}
    train = rows(COUNTS, 1)
    fitted = pipeline("window", model, setting, CHOSEN).fit(
        matrix(train, "window"), train["vector"].astype(object)
    )
    card = {
        "view": "window",
        "model": model,
        "setting": setting,
        "features": CHOSEN,
        "classes": ["benign", "scan", "tunnel"],
        "threshold": 0.5,
        "usual": {},
        "window_seconds": 60,
        "data_md5": "0" * 32,
        "code": "unknown",
        "name": "dnsanom-window",
        "version": None,
    }
    return Bundle(fitted, card, known(fitted, train))


def known(fitted: Pipeline, train: pd.DataFrame) -> Novelty:
    scaled = fitted[:-1].transform(matrix(train, "window"))
    return Novelty().fit(scaled, train["vector"]).calibrate(2.0)


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_a_saved_bundle_answers_the_same(model: str, tmp_path: Path) -> None:
    made, test = bundle(model), rows(COUNTS, 2)
    made.save(tmp_path)
    loaded = Bundle.load(tmp_path)
    assert loaded.card == made.card
    pd.testing.assert_frame_equal(predict(loaded, test), predict(made, test))


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_equal_bundles_are_equal_bytes(model: str, tmp_path: Path) -> None:
    bundle(model).save(tmp_path / "one")
    bundle(model).save(tmp_path / "two")
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    with zipfile.ZipFile(tmp_path / "one" / "model.skops") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert "0.npy" in archive.namelist()


@pytest.mark.parametrize("model", ["knn", "svm"])
def test_the_pipeline_itself_gives_the_same_probabilities(model: str) -> None:
    made, test = bundle(model), rows(COUNTS, 2)
    answers = predict(made, test)
    np.testing.assert_allclose(
        answers[made.card["classes"]], made.pipeline.predict_proba(matrix(test, "window"))
    )
    named = answers[answers["novelty"] <= 1]
    assert 0 < len(named) < len(answers)
    np.testing.assert_allclose(named["score"], 1 - named["benign"], atol=LEAN)
    assert (named["vector"] == named[["scan", "tunnel"]].idxmax(axis=1)).all()
    assert (answers.index == test.index).all()


def test_rows_are_answered_by_column_name_not_by_place() -> None:
    made, test = bundle(), rows(COUNTS, 2)
    turned = test[test.columns[::-1]]
    pd.testing.assert_frame_equal(predict(made, turned), predict(made, test))


def test_no_rows() -> None:
    assert list(predict(bundle(), rows(COUNTS, 2).iloc[:0]).columns) == [
        "score",
        "vector",
        "novelty",
        "benign",
        "scan",
        "tunnel",
    ]


def test_a_missing_or_broken_feature_is_named() -> None:
    test = rows(COUNTS, 2)
    with pytest.raises(DatasetError, match="window view: no column fan_in"):
        predict(bundle(), test.drop(columns="fan_in"))
    with pytest.raises(DatasetError, match="fan_out: must be finite"):
        predict(bundle(), test.assign(fan_out=np.nan))


def test_untrusted_types_are_refused_by_name(tmp_path: Path) -> None:
    made = bundle()
    made.save(tmp_path)
    train = rows(COUNTS, 1)
    fitted = Untrusted(max_iter=50).fit(matrix(train, "window"), train["vector"].astype(object))
    skops.io.dump(Pipeline([("model", fitted)]), tmp_path / "model.skops")
    with pytest.raises(RegistryError, match=r"model\.skops: holds types that are not trusted: .*Untrusted"):
        Bundle.load(tmp_path)


def test_what_is_trusted_is_what_is_needed(tmp_path: Path) -> None:
    needed = {
        name
        for made in (bundle("knn").pipeline, bundle("svm").pipeline, NystroemSVC(), bundle().novelty)
        for name in skops.io.get_untrusted_types(data=skopsfile.dump(made))
    }
    assert needed == set(skopsfile.TRUSTED)


def test_missing_files_and_cards_are_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"model\.skops: no such file"):
        Bundle.load(tmp_path)
    bundle().save(tmp_path)
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(RegistryError, match=r"card\.json: not a model card: no view, model"):
        Bundle.load(tmp_path)
    (tmp_path / "card.json").write_text("no json")
    with pytest.raises(RegistryError, match=r"card\.json: not a model card"):
        Bundle.load(tmp_path)


def test_a_damaged_model_is_an_error_whatever_is_damaged(tmp_path: Path) -> None:
    bundle().save(tmp_path)
    whole = (tmp_path / "model.skops").read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(150):
        data = bytearray(whole[: rng.integers(1, len(whole))] if rng.random() < 0.3 else whole)
        for place in rng.integers(0, len(data), rng.integers(1, 40)):
            data[place] = rng.integers(0, 256)
        (tmp_path / "model.skops").write_bytes(bytes(data))
        refused += not loads(tmp_path)
    assert refused > 100


def loads(folder: Path) -> bool:
    """Whether the bundle is loaded; a RegistryError, and nothing else, says that it is not."""
    try:
        Bundle.load(folder)
    except RegistryError:
        return False
    return True


def test_a_folder_is_opened_if_it_is_of_the_view(tmp_path: Path, settings: Settings) -> None:
    bundle().save(tmp_path / "model")
    assert open_bundle(settings, "window", str(tmp_path / "model")).card["model"] == "knn"
    with pytest.raises(RegistryError, match="a model of the window view, asked for flow"):
        open_bundle(settings, "flow", str(tmp_path / "model"))


def test_an_mlflow_folder_keeps_its_card_in_extra_files(tmp_path: Path) -> None:
    bundle().save(tmp_path)
    (tmp_path / "extra_files").mkdir()
    for name in EXTRA_FILES:
        shutil.move(tmp_path / name, tmp_path / "extra_files" / name)
    assert Bundle.load(tmp_path).card == json.loads((tmp_path / "extra_files" / "card.json").read_text())
