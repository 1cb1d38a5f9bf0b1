"""The data set of a view: noise, rows, labels, split and features; the same flows give the same bytes."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pandas as pd

from dnsanom.dataset import noise, summary
from dnsanom.dataset.features import Choice, choose
from dnsanom.dataset.parquet import write_sorted
from dnsanom.dataset.place import plan
from dnsanom.dataset.sample import quotas, thin
from dnsanom.dataset.seen import attackers, mark
from dnsanom.dataset.split import SIDES, SPLIT_COLUMNS
from dnsanom.dataset.truth import read_truth
from dnsanom.dataset.views import rows
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset
from dnsanom.schema import feature_names
from dnsanom.settings import Settings

#: Rows of each vector that the features are scored on.
SCORED = 2_000


def prepare(settings: Settings, view: str) -> Path:
    """Write `train`, `validation` and `test.parquet`, `features.json` and `summary.json` of the frozen flows.

    Returns the folder. Raises DatasetError if there are no frozen flows or a side would be empty.
    """
    folder = settings.dataset(view)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as spill:
        con = ibis.duckdb.connect(memory_limit="1GB", temp_directory=spill, preserve_insertion_order=False)
        try:
            _prepare(con, settings, view, folder)
        finally:
            con.disconnect()
    return folder


def _prepare(con: ibis.BaseBackend, settings: Settings, view: str, folder: Path) -> None:
    dataset, rules = settings.params.dataset, settings.params.labels.get(view, ())  # type: ignore[call-overload]
    made = con.create_table("made", _rows(con, settings, view))
    how = plan(made, dataset, settings.params.dns, rules, _truth(settings))
    placed = con.create_table("placed", how.place(made))
    counts = summary.counted(placed)
    summary.refuse_empty(counts)
    learnable = _learnable(placed, settings)
    train = con.create_table("train", _thinned(learnable, dataset))
    told = summary.summary(view, how.at, counts, placed, learnable, train)
    known = con.create_table("known", attackers(placed.filter(placed.split == SIDES[0]), how.ours))
    for side, table in summary.sides(placed, train).items():
        write_sorted(mark(table, known, how.ours), folder / f"{side}.parquet")
    choice = choose(_scored(train, dataset.seed), feature_names(view), dataset.features)
    _write_json(folder / "features.json", _features(view, choice))
    _write_json(folder / "summary.json", told)


def _rows(con: ibis.BaseBackend, settings: Settings, view: str) -> ibis.Table:
    params = settings.params
    files = sorted(settings.flows.glob("*.parquet"))
    if not files:
        raise DatasetError(f"{settings.flows}: no frozen flows; run `dnsanom freeze` first")
    flows = con.read_parquet([str(f) for f in files], table_name="flows")
    return rows(noise.tag(flows, params.noise), view, params.dns, params.sampling)


def _truth(settings: Settings) -> pd.DataFrame | None:
    path = settings.flows / "truth.csv"
    return read_truth(path) if path.exists() else None


def _learnable(placed: ibis.Table, settings: Settings) -> ibis.Table:
    dropped = settings.params.noise.drop_from_training
    clean = placed.noise.isnull() | placed.noise.notin(dropped) if dropped else True
    return placed.filter((placed.split == SIDES[0]) & clean).drop(*SPLIT_COLUMNS)


def _counts(table: ibis.Table) -> dict[str, int]:
    counted = table.group_by("vector").aggregate(n=table.count()).to_pyarrow().to_pylist()
    return {row["vector"]: row["n"] for row in counted}


def _thinned(learnable: ibis.Table, dataset: Dataset) -> ibis.Table:
    counts = _counts(learnable)
    if not counts:
        raise DatasetError("frozen flows: no training row but of hosts in noise.drop_from_training")
    return thin(learnable, counts, quotas(counts, dataset.max_train_rows), dataset.seed)


def _scored(train: ibis.Table, seed: int) -> pd.DataFrame:
    """Training rows, no vector with more than SCORED."""
    counts = _counts(train)
    keep = {vector: min(n, SCORED) for vector, n in counts.items()}
    scored: pd.DataFrame = thin(train, counts, keep, seed).to_pandas()
    return scored


def _features(view: str, choice: Choice) -> dict[str, Any]:
    return {"view": view, "features": list(choice.features), "scores": choice.scores, "told": choice.told}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
