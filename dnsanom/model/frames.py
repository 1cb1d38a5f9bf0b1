"""A view's data set as the models see it, and where it comes from."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import ibis
import pandas as pd

from dnsanom.dataset import fingerprint
from dnsanom.errors import DatasetError
from dnsanom.model.recorded import recorded
from dnsanom.model.traffic import SHARE, SUMMARY, traffic_share
from dnsanom.params import FeatureSet
from dnsanom.schema import BENIGN, LABEL_COLUMNS, feature_names
from dnsanom.settings import Settings
from dnsanom.shares import percent

Part = Literal["train", "validation", "test"]
#: Column of `counted`: how many rows a distinct one stands for.
TIMES = "times"


def load(settings: Settings, view: str, part: Part, rate: int | None = None) -> pd.DataFrame:
    """Rows of one part, with the view's features and labels. Raises DatasetError when they can't be used.

    rate: as packets sampled 1:rate show them, one of the data set's `sampling_rates`; perhaps no row is left.
    """
    path = _path(settings, view, part, rate)
    frame = pd.read_parquet(path)
    missing = [c for c in (*feature_names(view), *LABEL_COLUMNS) if c not in frame.columns]
    if missing:
        raise DatasetError(f"{path}: no column {', '.join(missing)}; run `dnsanom prepare --view {view}`")
    if frame.empty and rate is None:
        raise DatasetError(f"{path}: no rows; the span that was frozen is too short to be split")
    frame.attrs[SHARE] = traffic_share(settings.dataset(view), part)
    return frame


def counted(
    settings: Settings, view: str, part: Part, features: Sequence[str], labels: Sequence[str]
) -> pd.DataFrame:
    """Distinct rows of one part by some features and labels, and how many rows each stands for, `TIMES`.

    Grouped by DuckDB as the file is read, so that memory and time are those of the distinct rows. In no
    particular order. Raises DatasetError when they can't be used.
    """
    path, columns = _path(settings, view, part), [*features, *labels]
    con = ibis.duckdb.connect()
    con.raw_sql("SET enable_progress_bar = false")
    try:
        table = con.read_parquet(str(path))
        missing = [name for name in columns if name not in table.columns]
        if missing:
            raise DatasetError(f"{path}: no column {', '.join(missing)}; run `dnsanom prepare --view {view}`")
        frame: pd.DataFrame = table.group_by(columns).agg(**{TIMES: ibis._.count()}).to_pandas()
    finally:
        con.disconnect()
    if frame.empty:
        raise DatasetError(f"{path}: no rows; the span that was frozen is too short to be split")
    return frame


def _path(settings: Settings, view: str, part: Part, rate: int | None = None) -> Path:
    folder = settings.dataset(view)
    path = (folder if rate is None else folder / "sampled" / str(rate)) / f"{part}.parquet"
    if not path.exists():
        raise DatasetError(f"{path}: no such file; `dnsanom prepare --view {view}` makes it")
    made, wanted = _summary(settings, view).get("window_seconds"), settings.params.dns.window_seconds
    if made not in (None, wanted):
        rule = f"made of windows of {made} s, dns.window_seconds is {wanted}"
        raise DatasetError(f"{folder}: {rule}; `dnsanom prepare --view {view}` makes it anew")
    return path


def _summary(settings: Settings, view: str) -> dict[str, Any]:
    """What the data set's preparation says of it, empty when it says nothing."""
    return recorded(settings.dataset(view) / SUMMARY)


def load_train(settings: Settings, view: str) -> pd.DataFrame:
    """Training rows. Raises DatasetError unless there are benign rows and at least one attack."""
    frame = load(settings, view, "train")
    check_vectors(settings, view, set(frame["vector"].unique()))
    return frame


def check_vectors(settings: Settings, view: str, vectors: set[str]) -> None:
    """Raise DatasetError unless the training rows' vectors are benign and at least one attack."""
    if BENIGN not in vectors or len(vectors) < 2:
        raise DatasetError(
            f"{settings.dataset(view) / 'train.parquet'}: vectors are {', '.join(sorted(vectors))}: "
            "benign rows and at least one attack are needed"
        )


def chosen(settings: Settings, view: str) -> list[str]:
    """The features that the data set's preparation chose. Raises DatasetError when it did not."""
    path = settings.dataset(view) / "features.json"
    try:
        names = list(json.loads(path.read_text())["features"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path}: no chosen features ({error}); run `dnsanom prepare`") from error
    unknown = [name for name in names if name not in feature_names(view)]
    if unknown or not names:
        raise DatasetError(f"{path}: {', '.join(unknown) or 'empty'}: no features of the {view} view")
    return names


def features(settings: Settings, view: str, which: FeatureSet) -> list[str]:
    """The features that a set of them has: `chosen`, `all`, or so many first.

    The order is that of the choice, then of what the others would add to it. Raises DatasetError.
    """
    first = chosen(settings, view)
    if which == "chosen":
        return first
    if which == "all":
        return feature_names(view)
    return first[:which] if which <= len(first) else [*first, *_others(settings, view, first)][:which]


def _others(settings: Settings, view: str, first: list[str]) -> list[str]:
    """The features that were not chosen, what would add most first."""
    path = settings.dataset(view) / "features.json"
    try:
        scores = json.loads(path.read_text())["scores"]
        return sorted(
            (n for n in feature_names(view) if n not in first), key=lambda name: _told(scores[name])
        )
    except (KeyError, TypeError) as error:
        raise DatasetError(f"{path}: no scores of {error}; run `dnsanom prepare --view {view}`") from error


def _told(score: dict[str, float]) -> tuple[float, float]:
    """Sorts what adds most first, of equals what tells most alone."""
    return -score["adds"], -score["alone"]


def learned_until(settings: Settings, view: str) -> str | None:
    """UTC time at which the data set ends, test rows included; None if its summary does not say."""
    told = _summary(settings, view)
    return str(told["sides"]["test"]["end"]) if "sides" in told else None


def label_note(rows: pd.DataFrame) -> str:
    """Where the rows' labels come from, as the sentence that every report begins with."""
    sources = rows["label_source"].value_counts(normalize=True)
    share = float(sources.get("truth", 0) + sources.get("verdict", 0))
    if share == 1:
        what = _sources(sources)
        return f"Labels come from {what}: F1 says how well attacks are found ({len(rows):,} rows)."
    if share == 0:
        return (
            "Labels come from the rules only: F1 says how well the rules are learnt again, "
            f"not how well attacks are found ({len(rows):,} rows)."
        )
    what = _sources(sources.drop("rule", errors="ignore"))
    return (
        f"Labels come from {what} for {percent(share, 1)} of {len(rows):,} rows "
        "and from the rules for the others: F1 is partly how well the rules are learnt again."
    )


def _sources(shares: pd.Series) -> str:
    """Where labels come from but the rules: `truth`, or `analysts' verdicts (2.0%) and truth (98.0%)`."""
    words = {"verdict": "analysts' verdicts", "truth": "truth"}
    found = {words[name]: float(shares[name]) for name in words if name in shares}
    if len(found) == 1:
        return next(iter(found))
    return " and ".join(f"{name} ({percent(share, 1)})" for name, share in found.items())


def tags(settings: Settings, view: str, rows: pd.DataFrame) -> dict[str, str]:
    """What every run says of itself: view, data set, code, and where its labels come from."""
    sources = "+".join(sorted(set(rows["label_source"].dropna().astype(str))))
    return {
        "view": view,
        "data_md5": fingerprint.md5(settings, view),
        "code": code_version(settings.root),
        "label_source": sources or "none",
    }


def code_version(root: Path) -> str:
    """The git commit of the project, `unknown` where it is not a git checkout."""
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
