"""Sweeps over distinct rows: how long they take over a day, and against scikit-learn's GridSearchCV.

(a) A simulated day of some 10 million flows as `dnsanom prepare` makes its data set, no training row thinned
    out: 60 settings, from the Parquet files to figures with intervals, as `dnsanom sweep` does it but for
    logging to MLflow: with the features that `prepare` chose, and with all fifteen, which leave more rows
    distinct. The window view of the same day after it.
(b) 200,000 of the flow view's rows, with either features, the same kNN settings, the same split:
    scikit-learn's GridSearchCV with both processors on its fastest tree, on two of the settings, the time
    taken times as many as there are.

Example:
    python -m benchmarks.sweep 40
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from benchmarks._arguments import Arguments
from dnsanom.dataset.prepare import prepare
from dnsanom.model import asked, frames
from dnsanom.model.asked import Names
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import Setting, head
from dnsanom.model.distinct import Floats
from dnsanom.model.ground import Grounds, Place
from dnsanom.model.knn import WeightedKNeighborsClassifier
from dnsanom.model.plan import tried
from dnsanom.model.task import Task, grouped
from dnsanom.model.trials import run_trials
from dnsanom.params import FeatureSet
from dnsanom.schema import VIEWS
from dnsanom.settings import Settings, load_settings
from dnsanom.simulate import simulate_day

ROOT, CLIENTS, SEED = Path(__file__).parents[1], 3_700, 7
NEIGHBORS, WEIGHTS = (1, 3, 5, 7, 11, 15, 25, 50), ("uniform", "distance")
METRICS = ("euclidean", "manhattan", "chebyshev")
FEATURE_SETS: tuple[FeatureSet, ...] = ("chosen", "all")
#: 48 + 12 settings.
GRIDS: dict[str, list[Setting]] = {
    "knn": [
        {"n_neighbors": k, "weights": w, "metric": m} for m, k, w in product(METRICS, NEIGHBORS, WEIGHTS)
    ],
    "svm": [
        {"kernel": kernel, "C": C, "gamma": gamma}
        for kernel, C, gamma in product(("rbf", "nystroem"), (1.0, 10.0, 100.0), ("scale", 1.0))
    ],
}
#: Settings that GridSearchCV is timed on, and rows of the split.
TIMED, TRAIN_ROWS, VALIDATION_ROWS = (
    ((5, "uniform", "euclidean"), (15, "distance", "euclidean")),
    150_000,
    50_000,
)


def main(clients: int = CLIENTS) -> int:
    """Print times and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        settings = made(Path(folder), clients)
        for features in FEATURE_SETS:
            swept(settings, "flow", features)
            compared(settings, features)
        swept(settings, "window", "chosen")
    return 0


def made(folder: Path, clients: int, views: tuple[str, ...] = VIEWS) -> Settings:
    """A project with a simulated day's data sets of views; what it takes is no part of a sweep, but told."""
    (folder / "params.yaml").write_text(_all_rows((ROOT / "params.yaml").read_text()))
    settings = load_settings(folder, {"DNSANOM_MEMORY_GB": "6"})
    settings.flows.mkdir(parents=True)
    with timed("simulated"):
        flows, truth = simulate_day(datetime(2026, 3, 2, tzinfo=UTC), 24, clients, SEED)
        keys, rows = pa.repeat(pa.scalar("simulated"), len(flows)), pa.array(np.arange(len(flows)))
        keyed = flows.append_column("export_key", keys).append_column("row", rows)
        pq.write_table(keyed, settings.flows / "flows.parquet")
        truth.to_csv(settings.flows / "truth.csv", index=False)
    print(f"{len(flows):,} flows of {clients:,} clients")
    for view in views:
        with timed(f"prepared the {view} view"):
            prepare(settings, view)
    return settings


def _all_rows(text: str) -> str:
    """Parameters under which no row is left out: all clients on all sides, no thinning, no sampled copies."""
    params = yaml.safe_load(text)
    params["dataset"] |= {"clients": None, "max_train_rows": 100_000_000, "sampling_rates": []}
    return str(yaml.safe_dump(params))


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print the wall time of the block."""
    began = time.perf_counter()
    yield
    print(f"{what} in {time.perf_counter() - began:.1f} s", flush=True)


def swept(settings: Settings, view: str, features: FeatureSet) -> None:
    """Time all settings over the view's data set, from its files on."""
    began = time.perf_counter()
    what = Grounds(settings, view).at(Place(features, settings.params.dns.window_seconds))
    _ = what.times
    read = time.perf_counter() - began
    best = {}
    for model, settings_of in GRIDS.items():
        start = time.perf_counter()
        best[model] = max(result.metrics["macro_f1"] for result in tried(model, settings_of, what))
        print(
            f"{view}, {features}: {len(settings_of)} {model} settings in {time.perf_counter() - start:.1f} s",
            flush=True,
        )
    seconds, rows = time.perf_counter() - began, what.task
    print(
        f"{view}, {features}: {sum(map(len, GRIDS.values()))} settings over "
        f"{rows.train.weight.sum():,.0f} training and {rows.asked.count.sum():,.0f} validation rows, "
        f"distinct {len(rows.train.rows):,} and {len(rows.asked.rows):,}: {seconds:.1f} s "
        f"(bar: 120 s), {read:.1f} s of them to read and group; macro-F1 {best}"
    )


def compared(settings: Settings, features: FeatureSet) -> None:
    """Time kNN settings over 200,000 rows by GridSearchCV and by one table a metric; compare the answers."""
    X, y = sample(settings, features)
    fold = np.repeat([-1, 0], [TRAIN_ROWS, VALIDATION_ROWS])
    grid = [{"n_neighbors": [k], "weights": [w], "metric": [m]} for k, w, m in TIMED]
    peer = GridSearchCV(
        KNeighborsClassifier(algorithm="kd_tree"),
        grid,
        cv=PredefinedSplit(fold),
        scoring="f1_macro",
        n_jobs=os.cpu_count(),
        refit=False,
    )
    began = time.perf_counter()
    peer.fit(X, y)
    theirs = (time.perf_counter() - began) / len(TIMED)
    began = time.perf_counter()
    _ours(X, y)
    ours = (time.perf_counter() - began) / len(GRIDS["knn"])
    count = len(GRIDS["knn"])
    print(
        f"{features}: GridSearchCV {theirs:.2f} s a setting ({len(TIMED)} of {count} run), "
        f"{theirs * count:.0f} s for all; "
        f"one table a metric {ours:.3f} s a setting, {ours * count:.1f} s for all: "
        f"{theirs / ours:.0f} times as fast (bar: 20)"
    )
    for k, w, m in TIMED:
        _answers_compared(X, y, k, w, m)


def sample(settings: Settings, which: FeatureSet) -> tuple[Floats, Names]:
    """Scaled rows of the flow view and their vectors, training rows before validation rows."""
    rng = np.random.default_rng(SEED)
    parts = []
    for part, count in (("train", TRAIN_ROWS), ("validation", VALIDATION_ROWS)):
        frame = frames.load(settings, "flow", "train" if part == "train" else "validation")
        parts.append(frame.iloc[np.sort(rng.permutation(len(frame))[:count])])
    rows = pd.concat(parts, ignore_index=True)
    features = frames.features(settings, "flow", which)
    before = head("flow", features, settings.params.sweep.resolution)
    before.fit(matrix(parts[0], "flow"))
    return np.asarray(before.transform(matrix(rows, "flow"))), rows["vector"].to_numpy(dtype=str)


def _ours(X: Floats, y: Names) -> list[float]:
    """Macro-F1 of all kNN settings, from scaled rows on, grouping included."""
    vector = pd.Series(y, dtype="str")
    cells = grouped(X[:TRAIN_ROWS], vector[:TRAIN_ROWS], np.ones(TRAIN_ROWS))
    none = pd.Series([None] * VALIDATION_ROWS, dtype="str")
    what = Task(Pipeline([]), cells, cells, cells, asked.asked(X[TRAIN_ROWS:], vector[TRAIN_ROWS:], none))
    trials = run_trials("knn", GRIDS["knn"], what)
    return [asked.metrics(what.asked, t.answer, t.score)["macro_f1"] for t in trials]


def _answers_compared(X: Floats, y: Names, k: int, weights: str, metric: str) -> None:
    """Print how many answers are equal, of all and of those that no order of the rows changes."""
    X_train, y_train, rows = X[:TRAIN_ROWS], y[:TRAIN_ROWS], X[TRAIN_ROWS::10]
    peer = KNeighborsClassifier(k, weights=weights, metric=metric, algorithm="kd_tree").fit(X_train, y_train)
    ours = WeightedKNeighborsClassifier(k, weights, metric).fit(X_train, y_train)  # type: ignore[arg-type]
    same = peer.predict(rows) == ours.predict(rows)
    far, _ = peer.kneighbors(rows, k + 1)
    counts = ours.counts_.sum(axis=1)
    one_class = (ours.counts_ > 0).sum(axis=1) == 1
    settled = far[:, k] > far[:, k - 1]
    for found in ours.near(rows, 1):
        first = found.points[:, 0]
        settled[found.rows] |= (found.reduced[:, 0] == 0) & (counts[first] >= k) & one_class[first]
    print(
        f"k={k} {weights} {metric}: {same[settled].sum():,} of {settled.sum():,} answers that no order of "
        f"rows changes are equal, {same.sum():,} of all {len(rows):,}"
    )


if __name__ == "__main__":
    given = Arguments("benchmarks.sweep", __doc__)
    given.size("clients", CLIENTS, "clients of the simulated day")
    sys.exit(main(given.parse_args().clients))
