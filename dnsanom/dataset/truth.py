"""Truth: labels that do not come from the rules, as rows of client, server, start, end, vector."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pandas as pd

from dnsanom.errors import DatasetError
from dnsanom.schema import TRUTH_COLUMNS, VECTORS


def read_truth(path: Path) -> pd.DataFrame:
    """A truth file: start and end as UTC times, an empty client or server for any.

    Raises DatasetError that names the file, the value and the rule.
    """
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != list(TRUTH_COLUMNS):
        raise DatasetError(f"{path}: header {','.join(table.columns)}: must be {','.join(TRUTH_COLUMNS)}")
    for name in ("start", "end"):
        table[name] = _times(table[name], f"{path}: {name}")
    for vector in sorted(set(table["vector"]) - set(VECTORS)):
        raise DatasetError(f"{path}: vector {vector!r}: unknown, known are {', '.join(VECTORS)}")
    late = table["end"] < table["start"]
    if late.any():
        row = int(late.to_numpy().argmax())
        raise DatasetError(
            f"{path}: row {row + 1}: end {table['end'][row]} is before start {table['start'][row]}"
        )
    return table


def merge_truth(tables: Iterable[pd.DataFrame], since: datetime, until: datetime) -> pd.DataFrame | None:
    """All rows that touch [since, until), clipped to it, each once, sorted; None if there is no table."""
    given = list(tables)
    if not given:
        return None
    merged = pd.concat(given, ignore_index=True)
    inside = merged[(merged["end"] >= since) & (merged["start"] < until)].copy()
    inside["start"] = inside["start"].where(inside["start"] >= since, since)
    inside["end"] = inside["end"].where(inside["end"] <= until, until)
    order = ["start", "end", "vector", "client", "server"]
    return inside.drop_duplicates().sort_values(order, kind="stable", ignore_index=True)


def write_truth(table: pd.DataFrame, path: Path) -> None:
    """The table as a truth file, times in UTC with milliseconds."""
    text = table.assign(**{name: _iso(table[name]) for name in ("start", "end")})
    text.to_csv(path, index=False, lineterminator="\n")


def _times(text: pd.Series, where: str) -> pd.Series:
    try:
        return pd.to_datetime(text, utc=True, format="ISO8601").dt.as_unit("ms")
    except ValueError as error:
        raise DatasetError(f"{where}: {error}: must be an ISO 8601 time") from error


def _iso(times: pd.Series) -> pd.Series:
    text: pd.Series = times.dt.strftime("%Y-%m-%dT%H:%M:%S.%f").str.slice(0, 23) + "Z"
    return text
