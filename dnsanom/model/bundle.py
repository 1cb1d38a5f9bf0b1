"""A model as it travels: a fitted pipeline and the card that says what it is, in a folder of three files."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from dnsanom.errors import DatasetError, RegistryError, one_line
from dnsanom.model import outdated, skopsfile
from dnsanom.model.distinct import Floats, distinct, in_parts
from dnsanom.model.novelty import Novelty
from dnsanom.schema import BENIGN, UNKNOWN, VIEWS, feature_names
from dnsanom.settings import Settings

MODEL_FILE, NOVELTY_FILE, CARD_FILE = "model.skops", "novelty.skops", "card.json"
#: What a bundle keeps beside its pipeline; MLflow has them in a folder of their own.
EXTRA_FILES = (NOVELTY_FILE, CARD_FILE)
#: Share of a score that is leaning: enough to order rows of equal probability, too little to overrule it.
LEAN = 0.05
#: What a card says: the view and kind of model, its hyperparameters, the chosen features, its classes, the
#: threshold, the usual value and spread of each feature, the window's length, and where it comes from.
CARD_KEYS = (
    "view",
    "model",
    "setting",
    "features",
    "classes",
    "threshold",
    "usual",
    "window_seconds",
    "data_md5",
    "code",
    "name",
    "version",
)


@dataclass(frozen=True)
class Bundle:
    """A fitted pipeline that takes a view's fifteen features, its card, and what is labelled at all."""

    pipeline: Pipeline
    card: dict[str, Any]
    novelty: Novelty

    def save(self, folder: Path) -> None:
        """Write model.skops, novelty.skops and card.json; the same bundle gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_bytes(skopsfile.dump(self.pipeline))
        (folder / NOVELTY_FILE).write_bytes(skopsfile.dump(self.novelty))
        (folder / CARD_FILE).write_text(json.dumps(self.card, indent=2, sort_keys=True) + "\n")

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """The bundle in a folder, or in an MLflow model's folder, which keeps the others in `extra_files`.

        Raises RegistryError when a file is missing or corrupt, or holds types that are not trusted, and
        OutdatedModelError when another version of dnsanom made it.
        """
        pipeline = skopsfile.load(folder / MODEL_FILE)
        extra = folder if (folder / CARD_FILE).exists() else folder / "extra_files"
        card = _read_card(extra / CARD_FILE)
        if not (extra / NOVELTY_FILE).exists():
            raise outdated.outdated(folder, f"no {NOVELTY_FILE}")
        bundle = cls(pipeline, card, skopsfile.load(extra / NOVELTY_FILE))
        outdated.check(bundle, folder)
        return bundle


def open_bundle(settings: Settings, view: str, source: str | None = None) -> Bundle:
    """The view's champion, or the model that `source` names: a folder, or a URI that MLflow understands.

    Raises RegistryError when there is no such model, or it is of another view.
    """
    from dnsanom.model import tracking

    if source is None:
        return tracking.load_champion(settings, view)
    bundle = Bundle.load(Path(source)) if Path(source).is_dir() else tracking.load_uri(settings, source)
    if bundle.card["view"] != view:
        raise RegistryError(f"{source}: a model of the {bundle.card['view']} view, asked for {view}")
    return bundle


def digest(folder: Path) -> str:
    """What identifies a saved bundle: SHA-256 of its files."""
    return sha256(b"".join((folder / name).read_bytes() for name in (MODEL_FILE, *EXTRA_FILES))).hexdigest()


def matrix(frame: pd.DataFrame, view: str) -> pd.DataFrame:
    """The view's fifteen features of a frame, by name, as floats. Raises DatasetError for what is missing."""
    names = feature_names(view)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DatasetError(f"rows of the {view} view: no column {', '.join(missing)}")
    features = frame[names].astype(np.float64)
    broken = [name for name in names if not np.isfinite(features[name]).all()]
    if broken:
        raise DatasetError(f"rows of the {view} view: {', '.join(broken)}: must be finite numbers")
    return features


def scaled(bundle: Bundle, frame: pd.DataFrame) -> Floats:
    """A frame's rows (n, d) as the bundle's classifier sees them."""
    return np.asarray(bundle.pipeline[:-1].transform(matrix(frame, bundle.card["view"])))


def predict(bundle: Bundle, frame: pd.DataFrame) -> pd.DataFrame:
    """Score of every row, computed once for equal rows; the frame's index is kept.

    Columns: `score` in [0, 1], high is anomalous: 1 - P(benign), with LEAN of it by which labelled rows are
    nearer, and 1 for what resembles nothing labelled; `vector`, the most probable attack whatever the score,
    or unknown; `novelty`, above 1 unknown; and the probability of each of the model's classes, named as the
    class.
    """
    last = bundle.pipeline[-1]
    if frame.empty:
        return scored(np.empty((0, len(last.classes_))), list(last.classes_), np.empty(0)).set_index(
            frame.index
        )
    rows = scaled(bundle, frame)
    first, inverse = distinct(rows)
    chances = in_parts(last.predict_proba, rows[first])
    answers = scored(chances, list(last.classes_), *bundle.novelty.judged(rows[first]))
    return answers.iloc[inverse].set_index(frame.index)


def scored(
    chances: Floats, classes: list[str], novelty: Floats, leaning: Floats | None = None
) -> pd.DataFrame:
    """Class probabilities (n, classes), novelty (n,) and leaning (n,) as the frame that `predict` returns.

    What is unknown has the highest score, so that it is alerted and counted whatever the threshold.
    """
    table = pd.DataFrame(chances, columns=classes)
    attacks = [c for c in classes if c != BENIGN]
    vector = np.asarray(attacks, dtype=object)[table[attacks].to_numpy().argmax(axis=1)]
    unknown = novelty > 1
    table.insert(0, "novelty", novelty)
    table.insert(0, "vector", pd.Series(np.where(unknown, UNKNOWN, vector), dtype="str"))
    score = np.clip(1 - table[BENIGN].to_numpy(), 0, 1)
    if leaning is not None:
        score = (1 - LEAN) * score + LEAN * leaning
    table.insert(0, "score", np.where(unknown, 1.0, score))
    return table


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise RegistryError(f"{path}: no such file, so this is no model folder") from error
    except (ValueError, OSError) as error:
        raise RegistryError(f"{path}: not a model card: {one_line(error)}") from error
    missing = [key for key in CARD_KEYS if not isinstance(card, dict) or key not in card]
    if missing:
        if isinstance(card, dict) and card.get("view") in VIEWS and "model" in card:
            raise outdated.outdated(path, f"its card has no {', '.join(missing)}")
        raise RegistryError(f"{path}: not a model card: no {', '.join(missing)}")
    return dict(card)
