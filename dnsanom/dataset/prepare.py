"""The data set of a view: noise, rows, labels, split and features; the same flows give the same bytes."""

import json
from dataclasses import asdict
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import ibis
import pandas as pd

from dnsanom.dataset import noise, summary, thinning
from dnsanom.dataset.features import Choice, choose
from dnsanom.dataset.place import Plan, plan
from dnsanom.dataset.sample import thin
from dnsanom.dataset.sampling import unsampled
from dnsanom.dataset.sides import Sides, sides, vectors
from dnsanom.dataset.truth import read_truth
from dnsanom.dataset.views import rows
from dnsanom.errors import DatasetError
from dnsanom.params import Dataset
from dnsanom.schema import FEATURES, feature_names
from dnsanom.settings import Settings

#: Rows of each vector that the features are scored on.
SCORED = 10_000


def prepare(settings: Settings, view: str) -> Path:
    """Write the data set of the frozen flows, and what is left of it where packets are sampled.

    `train`, `validation` and `test.parquet`, `features.json`, `summary.json`; the same three tables for each
    rate in `sampled/RATE`. Returns the folder. Raises DatasetError if there are no frozen flows, a side
    would be empty, or `settings.memory_gb` do not hold what can't be spilled.
    """
    folder = settings.dataset(view)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as spill:
        limit = f"{settings.memory_gb:g}GB"
        con = ibis.duckdb.connect(memory_limit=limit, temp_directory=spill, preserve_insertion_order=False)
        try:
            _prepare(con, settings, view, folder)
        except duckdb.OutOfMemoryException as error:
            rule = f"{settings.memory_gb:g} GB do not hold these flows; set DNSANOM_MEMORY_GB to more"
            raise DatasetError(f"{settings.flows}: {rule}") from error
        finally:
            con.disconnect()
    return folder


def _prepare(con: ibis.BaseBackend, settings: Settings, view: str, folder: Path) -> None:
    params, flows = settings.params, _flows(con, settings)
    made = con.create_table("made", rows(noise.tag(flows, params.noise), view, params.dns, params.sampling))
    rules = params.labels.get(view, ())  # type: ignore[call-overload]
    told = (_told(settings, name) for name in ("truth.csv", "verdicts.csv"))
    whole = sides(con, made, plan(made, params.dataset, params.dns, rules, *told), params, "whole")
    _refuse_empty(whole)
    known = con.create_table("known", whole.attackers())
    whole.write(known, folder)
    _write_json(folder / "features.json", {"view": view, **asdict(_chosen(whole, view, params.dataset))})
    rmtree(folder / "sampled", ignore_errors=True)
    sampled = _sampled(con, settings, view, whole.how.repeated(whole.placed), known)
    made_of = {"view": view, "window_seconds": params.dns.window_seconds}
    _write_json(folder / "summary.json", {**made_of, **whole.summary(), "sampled": sampled})


def _sampled(
    con: ibis.BaseBackend, settings: Settings, view: str, how: Plan, known: ibis.Table
) -> dict[str, Any]:
    """Write the same rows as sampled packets would show them; the summary of each rate."""
    params, flows, told = settings.params, con.table("flows"), {}
    for rate, records in thinning.at_rates(con, unsampled(flows, params.sampling), params.dataset):
        # The records are scaled already, and no rule shall scale them again.
        made = con.create_table(f"made_{rate}", rows(noise.tag(records, params.noise), view, params.dns))
        thinned = sides(con, made, how, params, f"at_{rate}")
        thinned.write(known, settings.dataset(view) / "sampled" / str(rate))
        told[str(rate)] = thinned.summary()
    return told


def _flows(con: ibis.BaseBackend, settings: Settings) -> ibis.Table:
    files = sorted(settings.flows.glob("*.parquet"))
    if not files:
        raise DatasetError(f"{settings.flows}: no frozen flows; run `dnsanom freeze` first")
    return con.read_parquet([str(f) for f in files], table_name="flows")


def _told(settings: Settings, name: str) -> pd.DataFrame | None:
    path = settings.flows / name
    return read_truth(path) if path.exists() else None


def _refuse_empty(whole: Sides) -> None:
    summary.refuse_empty(whole.counts)
    if not whole.train.count().to_pyarrow().as_py():
        raise DatasetError("frozen flows: no training row but of hosts in noise.drop_from_training")


def _chosen(whole: Sides, view: str, dataset: Dataset) -> Choice:
    """The features, chosen on training rows of which no vector has more than SCORED."""
    given, counts = vectors(whole.learnable), vectors(whole.train)
    keep = {vector: min(n, SCORED) for vector, n in counts.items()}
    scored = thin(whole.train, counts, keep, dataset.seed).to_pandas()
    scored = scored.sort_values(["first_seen", "client", "server", *feature_names(view)], ignore_index=True)
    standing = {vector: given[vector] / n for vector, n in keep.items()}
    logged = [feature.name for feature in FEATURES[view] if feature.log]
    return choose(scored, feature_names(view), logged, dataset, standing, whole.how.ours)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
