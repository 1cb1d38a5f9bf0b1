"""Weighted neighbours against scikit-learn's on the repeated rows: every setting of the grid, DNS rows.

Where scikit-learn's answer does not depend on the order of its rows, ours is the same. Where rows as far as
the k-th could take each other's place, ours has to be one that some order of the rows could give on average:
no class gets more votes than the tied rows can add, or fewer than they can leave.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import KDTree, KNeighborsClassifier

from dnsanom.dataset import noise, views
from dnsanom.model.bundle import matrix
from dnsanom.model.candidates import grid, head
from dnsanom.model.knn import WeightedKNeighborsClassifier
from dnsanom.netflow.to_parquet import decode_to_parquet
from dnsanom.params import load_params
from dnsanom.schema import feature_names
from dnsanom.simulate import simulate_day

ROOT = Path(__file__).parents[2]
CAPTURES = ROOT.parent / "shared" / "data" / "captures"
PARAMS = load_params(ROOT / "params.yaml")
GRID = grid(PARAMS.sweep, "knn")
#: The grid, and what is at its edges.
SETTINGS = GRID + [
    {"n_neighbors": k, "weights": w, "metric": m}
    for k, w, m in product((1, 50), ("uniform", "distance"), ("euclidean", "manhattan", "chebyshev"))
]
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason="../shared/data is not there")


@dataclass(frozen=True)
class Case:
    """Scaled training rows (n, d) with all their repetition, their classes (n,), and the rows asked about."""

    X: NDArray[np.float64]
    y: NDArray[np.str_]
    asked: NDArray[np.float64]


def case(frame: pd.DataFrame, view: str, names: list[str], most: int) -> Case:
    """Every other row is learnt from, the others are asked about; a seeded draw where they are many."""
    frame = frame.iloc[np.random.default_rng(3).permutation(len(frame))[: 2 * most]]
    train, rest = frame.iloc[::2], frame.iloc[1::2]
    before = head(view, names, PARAMS.sweep.resolution).fit(matrix(train, view))
    scaled = [np.asarray(before.transform(matrix(part, view))) for part in (train, rest)]
    return Case(scaled[0], train["vector"].to_numpy(str), scaled[1][:1_500])


def rows_of(path: Path, view: str) -> pd.DataFrame:
    """The view's rows of a file of flows, in an order that is always the same."""
    flows = ibis.duckdb.connect().read_parquet(str(path))
    found: pd.DataFrame = views.rows(noise.tag(flows, PARAMS.noise), view, PARAMS.dns).execute()
    return found.sort_values(["first_seen", "client", "server", *feature_names(view)])


@pytest.fixture(scope="module", params=["flow", "window"])
def simulated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """An hour of a small ISP; what is labelled does not matter here, so the busier half of rows is `busy`."""
    flows, _ = simulate_day(datetime(2026, 3, 2, tzinfo=UTC), 1, 40, 5)
    keys, places = pa.repeat(pa.scalar("simulated"), len(flows)), pa.array(np.arange(len(flows)))
    path = tmp_path_factory.mktemp("simulated") / "flows.parquet"
    pq.write_table(flows.append_column("export_key", keys).append_column("row", places), path)
    rows = rows_of(path, request.param)
    rng = np.random.default_rng(1)
    busy = rows["byte_count"] * rng.lognormal(0, 1, len(rows)) > rows["byte_count"].median()
    labelled = rows.assign(vector=np.where(busy, "busy", "quiet"))
    return case(labelled, request.param, feature_names(request.param)[:7], 4_000)


@pytest.fixture(scope="module", params=["flow", "window"])
def captured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Rows of real captures, benign and tunnels, by all fifteen features."""
    folder = tmp_path_factory.mktemp("captures")
    return case(
        pd.concat(list(_captures(folder, request.param))), request.param, feature_names(request.param), 4_000
    )


def _captures(folder: Path, view: str) -> Iterator[pd.DataFrame]:
    for path in sorted(CAPTURES.glob("*.csv.gz")):
        name = path.name.removesuffix(".csv.gz")
        list(decode_to_parquet([(name, path.read_bytes())], folder / f"{name}.parquet", PARAMS.dns))
        yield rows_of(folder / f"{name}.parquet", view).assign(vector=name.split("-")[0])


@dataclass(frozen=True)
class Ties:
    """For each row asked about whether its answer is the same in all orders of the training rows, and the
    least and the most of the k nearest rows (n, classes) that may be of each class."""

    settled: NDArray[np.bool]
    least: NDArray[np.float64]
    most: NDArray[np.float64]


def ties(what: Case, k: int, metric: str) -> Ties:
    """By brute force over all training rows, in scikit-learn's own distances."""
    classes = np.unique(what.y)
    member = (what.y[:, None] == classes).astype(float)
    tree = KDTree(what.X, metric=metric)
    edge = tree.query(what.asked, k)[0][:, -1]
    near, far = tree.query_radius(what.asked, edge * (1 + 1e-9), return_distance=True)
    least, most = np.empty((len(edge), len(classes))), np.empty((len(edge), len(classes)))
    for i, (p, d) in enumerate(zip(near, far, strict=True)):
        inside, on = member[p[d < edge[i]]].sum(axis=0), member[p[d == edge[i]]].sum(axis=0)
        left = k - inside.sum()
        others = on.sum() - on
        least[i], most[i] = inside + np.maximum(left - others, 0), inside + np.minimum(on, left)
    return Ties((least == most).all(axis=1), least, most)


def check(what: Case, setting: dict[str, Any]) -> float:
    """Compare the answers; the share of rows whose answer is the same in all orders of the training rows."""
    peer = KNeighborsClassifier(**setting, algorithm="kd_tree").fit(what.X, what.y)
    ours = WeightedKNeighborsClassifier(**setting).fit(what.X, what.y)
    tied = ties(what, setting["n_neighbors"], setting["metric"])
    theirs, told = peer.predict_proba(what.asked), ours.predict_proba(what.asked)
    np.testing.assert_allclose(told[tied.settled], theirs[tied.settled], atol=1e-12)
    clear = np.diff(np.sort(theirs, axis=1)[:, -2:], axis=1)[:, 0] > 1e-12
    same = ours.predict(what.asked) == peer.predict(what.asked)
    assert same[tied.settled & clear].all()
    if setting["weights"] == "uniform":
        votes = told * setting["n_neighbors"]
        assert ((votes > tied.least - 1e-9) & (votes < tied.most + 1e-9)).all()
    return float(tied.settled.mean())


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
def test_answers_are_scikit_learns_on_simulated_rows(setting: dict[str, Any], simulated: Case) -> None:
    assert check(simulated, setting) > 0.2


@needs_captures
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
def test_answers_are_scikit_learns_on_real_rows(setting: dict[str, Any], captured: Case) -> None:
    assert check(captured, setting) > 0.5
