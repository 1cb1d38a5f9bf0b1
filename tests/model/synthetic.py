"""Labelled rows of a view made by hand: each vector stands out in its own features, and some look alike."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from dnsanom.schema import BENIGN, feature_names
from dnsanom.settings import Settings

START = pd.Timestamp("2026-03-02T00:00:00Z")
CHOSEN = [
    "query_packets",
    "query_bpp",
    "reply_bpp",
    "gain",
    "answered",
    "tcp_share",
    "fan_out",
]
#: Factors on a benign row's features.
SHAPES: dict[str, dict[str, float]] = {
    BENIGN: {},
    "tunnel": {"query_packets": 25, "query_bpp": 2.2, "reply_bpp": 1.6},
    "scan": {"fan_out": 60, "reply_bpp": 0.8},
    "water_torture": {"query_packets": 30, "answered": 0.3},
}


def rows(counts: dict[str, int], seed: int, source: str = "truth", hours: float = 4) -> pd.DataFrame:
    """Rows of the window view in order of time, with repetition as in DNS; ten rows make an episode."""
    rng = np.random.default_rng(seed)
    parts = [_vector(vector, n, rng) for vector, n in counts.items()]
    frame = pd.concat(parts, ignore_index=True)
    seconds = np.sort(rng.integers(0, int(hours * 3600), len(frame)))
    frame = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    frame["first_seen"] = START + pd.to_timedelta(seconds, unit="s")
    frame["last_seen"] = frame["first_seen"] + pd.Timedelta("59s")
    frame["client"] = [f"198.18.0.{n}" for n in rng.integers(1, 60, len(frame))]
    frame["server"] = [f"198.51.100.{n}" for n in rng.integers(10, 15, len(frame))]
    frame["flow_count"] = frame["packet_count"] = frame["byte_count"] = 1
    frame["noise"] = pd.Series([None] * len(frame), dtype="str")
    frame["label_source"] = source
    return frame


def _vector(vector: str, n: int, rng: np.random.Generator) -> pd.DataFrame:
    names = feature_names("window")
    values = np.exp(rng.normal(2, 0.4, (n, len(names))).round(1))
    frame = pd.DataFrame(values, columns=names)
    for name, factor in SHAPES[vector].items():
        frame[name] *= factor * np.exp(rng.normal(0, 0.7, n).round(1))
    frame["vector"] = vector
    episode = [None if vector == BENIGN else f"{vector}-{i // 10}" for i in range(n)]
    frame["episode"] = pd.Series(episode, dtype="str")
    return frame


def write(folder: Path, train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame) -> None:
    """The three parts and the chosen features, as `prepare` leaves them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in {"train": train, "validation": validation, "test": test}.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    content = {"features": CHOSEN, "scores": dict.fromkeys(feature_names("window"), 1.0)}
    (folder / "features.json").write_text(json.dumps(content))


def prepared(settings: Settings, source: str = "truth") -> Settings:
    """A data set of the window view for these settings, and a grid that is quick to sweep."""
    few = {BENIGN: 400, "tunnel": 60, "scan": 60, "water_torture": 60}
    many = {BENIGN: 900, "tunnel": 30, "scan": 40, "water_torture": 30}
    parts = rows(few, 1, source), rows(many, 2, source), rows(many, 3, source)
    write(settings.dataset("window"), *parts)
    for rate in settings.params.dataset.sampling_rates:
        thinned = [part.iloc[:: rate // 50] for part in parts]
        write(settings.dataset("window") / "sampled" / str(rate), *thinned)
    grid = settings.params.sweep.model_copy(
        update={
            "features": ("chosen",),
            "knn": settings.params.sweep.knn.model_copy(update={"n_neighbors": (3, 9)}),
            "svm": settings.params.sweep.svm.model_copy(
                update={"kernel": ("rbf",), "C": (1.0, 10.0), "gamma": ("scale",)}
            ),
        }
    )
    return settings.model_copy(update={"params": settings.params.model_copy(update={"sweep": grid})})
