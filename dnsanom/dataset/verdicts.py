"""Verdicts: what an analyst said of an alert, as truth rows that may also say benign."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.dataset.truth import read_truth, write_truth
from dnsanom.errors import BadUseError
from dnsanom.prefixes import Prefixes, pack
from dnsanom.schema import TRUTH_COLUMNS, VECTORS

#: How the names of pulled files of verdicts end.
SUFFIX = ".verdicts.csv"
#: What a verdict is about; a later one on the same replaces it.
ABOUT = ["client", "server", "start", "end"]


def rows_of(alert: Mapping[str, Any], vector: str, ours: Prefixes) -> pd.DataFrame:
    """A verdict on an alert as truth rows: its pairs in each of its spans.

    Where many hosts took part, an alert names ten of them: it is about any host if it names not all, unless
    the other end is one of our resolvers (`ours`) or many too: then about those that it names, since others
    ask a resolver honestly meanwhile. Raises BadUseError for an unknown vector.
    """
    if vector not in VECTORS:
        raise BadUseError(f"vector {vector!r}: unknown, known are {', '.join(VECTORS)}")
    rows = [(*pair, start, end, vector) for pair in _pairs(alert, ours) for start, end in alert["spans"]]
    table = pd.DataFrame(rows, columns=list(TRUTH_COLUMNS))
    for name in ("start", "end"):
        table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601").dt.as_unit("ms")
    # A span ends where the next window begins, and truth holds to its end.
    table["end"] -= pd.Timedelta(milliseconds=1)
    return table


def _pairs(alert: Mapping[str, Any], ours: Prefixes) -> list[tuple[str, str]]:
    client, server, named = alert["client"], alert["server"], list(alert["examples"])
    if client and server:
        return [(client, server)]
    if not client and not server:
        return [(alert["peak"]["client"], alert["peak"]["server"])]
    other, many = (server, alert["clients"]) if server else (client, alert["servers"])
    hosts = named if many <= len(named) or pack(other) in ours else [""]
    return [(host, other) if server else (other, host) for host in hosts]


def add(path: Path, rows: pd.DataFrame) -> None:
    """Append rows to a file of verdicts, made if it is not there; those about the same give way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = [read_truth(path)] if path.exists() else []
    fresh = path.with_name(f".{path.name}.tmp")
    write_truth(latest([*held, rows])[0], fresh)
    fresh.replace(path)


def latest(tables: Iterable[pd.DataFrame]) -> list[pd.DataFrame]:
    """One table of all rows, of those about the same only the last; none without a table."""
    given = list(tables)
    if not given:
        return []
    return [pd.concat(given, ignore_index=True).drop_duplicates(ABOUT, keep="last", ignore_index=True)]
