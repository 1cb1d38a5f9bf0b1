"""What detection remembers between runs over the lake, in one SQLite file: nothing is alerted twice or lost.

For each model: which Parquet files of which hour were scored, the windows that were flagged, and the alerts
made of them. A run is one transaction, so a run that dies has not happened.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.detect.alert import Alert
from dnsanom.detect.score import Span
from dnsanom.errors import DnsanomError

TABLES = """
CREATE TABLE IF NOT EXISTS scored (model TEXT, hour INTEGER, file TEXT, PRIMARY KEY (model, hour, file));
CREATE TABLE IF NOT EXISTS flagged (model TEXT, alert TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS flagged_by_alert ON flagged (model, alert);
CREATE TABLE IF NOT EXISTS alerts (
  model TEXT, id TEXT, first INTEGER, last INTEGER, body TEXT, PRIMARY KEY (model, id)
);
"""
TIMES = ("first_seen", "last_seen")
#: How long to wait for another run over the same lake, in seconds.
PATIENCE = 600.0


class State:
    """One model's memory, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, model: str) -> None:
        self._connection = connection
        self._model = model

    def due(self, files: Mapping[int, set[str]]) -> list[int]:
        """Hours (epoch s) of the lake whose files are not the ones that were scored."""
        known: dict[int, set[str]] = {}
        for hour, file in self._rows("SELECT hour, file FROM scored WHERE model = ?"):
            known.setdefault(hour, set()).add(file)
        return sorted(hour for hour, names in files.items() if names - known.get(hour, set()))

    def mark(self, files: Mapping[int, set[str]], hours: Iterable[int]) -> None:
        """The hours' files have been scored."""
        for hour in hours:
            self._connection.execute("DELETE FROM scored WHERE model = ? AND hour = ?", (self._model, hour))
            rows = [(self._model, hour, name) for name in sorted(files[hour])]
            self._connection.executemany("INSERT INTO scored VALUES (?, ?, ?)", rows)

    def near(self, spans: Iterable[Span], reach: int) -> dict[str, Alert]:
        """Earlier alerts that touch a span or end within `reach` seconds of it, by id."""
        found: dict[str, Alert] = {}
        query = "SELECT id, body FROM alerts WHERE model = ? AND last >= ? AND first <= ?"
        for span in spans:
            found.update(
                (i, json.loads(b)) for i, b in self._rows(query, span.since - reach, span.until + reach)
            )
        return found

    def windows(self, alerts: Iterable[str]) -> pd.DataFrame:
        """The flagged windows of earlier alerts, with the alert's id as `alert`."""
        query = "SELECT alert, body FROM flagged WHERE model = ? AND alert = ?"
        rows = [{**json.loads(body), "alert": id_} for one in alerts for id_, body in self._rows(query, one)]
        frame = pd.DataFrame(rows)
        times = {name: pd.to_datetime(frame[name], unit="ms", utc=True) for name in TIMES if len(frame)}
        return frame.assign(**times)

    def forget(self, alerts: Iterable[str]) -> None:
        """Drop alerts and their windows."""
        keys = [(self._model, id_) for id_ in alerts]
        self._connection.executemany("DELETE FROM alerts WHERE model = ? AND id = ?", keys)
        self._connection.executemany("DELETE FROM flagged WHERE model = ? AND alert = ?", keys)

    def keep(self, alerts: Iterable[Alert], windows: pd.DataFrame) -> None:
        """Remember alerts, and the windows whose `alert` names them."""
        bodies = [(self._model, a["id"], *_reach(a), json.dumps(a)) for a in alerts]
        self._connection.executemany("INSERT INTO alerts VALUES (?, ?, ?, ?, ?)", bodies)
        if windows.empty:
            return
        flat = windows.assign(**{name: windows[name].dt.as_unit("ms").astype("int64") for name in TIMES})
        records = flat.drop(columns=["alert"]).astype(object).where(flat.notna(), None).to_dict("records")
        rows = [
            (self._model, id_, json.dumps(body)) for id_, body in zip(windows["alert"], records, strict=True)
        ]
        self._connection.executemany("INSERT INTO flagged VALUES (?, ?, ?)", rows)

    def _rows(self, query: str, *values: Any) -> Iterator[Any]:
        return iter(self._connection.execute(query, (self._model, *values)).fetchall())


@contextmanager
def opened(path: Path, card: Mapping[str, Any]) -> Iterator[State]:
    """The memory of the model that the card describes; what was written stands if the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.executescript(TABLES)
        connection.execute("BEGIN IMMEDIATE")
        yield State(connection, sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()[:16])
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise DnsanomError(f"{path}: {error}") from error
    finally:
        connection.close()


def _reach(alert: Alert) -> tuple[int, int]:
    return _epoch(alert["spans"][0][0]), _epoch(alert["spans"][-1][1])


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
