"""What detection remembers between runs over the lake, in one SQLite file: nothing is alerted twice or lost.

For each reader of the lake (a view's champion, or a model by itself): which Parquet files of which hour were
scored, the windows that were flagged, and the alerts made of them. A run is one transaction, so a run that
dies has not happened.
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
from dnsanom.detect.score import HOUR, Span
from dnsanom.errors import DnsanomError

TABLES = """
CREATE TABLE IF NOT EXISTS scored (reader TEXT, hour INTEGER, file TEXT, PRIMARY KEY (reader, hour, file));
CREATE TABLE IF NOT EXISTS flagged (reader TEXT, alert TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS flagged_by_alert ON flagged (reader, alert);
CREATE TABLE IF NOT EXISTS alerts (
  reader TEXT, id TEXT, first INTEGER, last INTEGER, body TEXT, PRIMARY KEY (reader, id)
);
"""
TIMES = ("first_seen", "last_seen")
#: How long to wait for another run over the same lake, in seconds.
PATIENCE = 600.0


class State:
    """One reader's memory, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, reader: str) -> None:
        self._connection = connection
        self._reader = reader

    def due(self, files: Mapping[int, set[str]]) -> list[int]:
        """Hours (epoch s) of the lake whose files are not the ones that were scored."""
        known: dict[int, set[str]] = {}
        for hour, file in self._rows("SELECT hour, file FROM scored WHERE reader = ?"):
            known.setdefault(hour, set()).add(file)
        return sorted(hour for hour, names in files.items() if names - known.get(hour, set()))

    def is_new(self) -> bool:
        """Whether the reader has not scored anything yet."""
        return not any(self._rows("SELECT 1 FROM scored WHERE reader = ? LIMIT 1"))

    def mark(self, files: Mapping[int, set[str]], hours: Iterable[int]) -> None:
        """The hours' files have been scored."""
        for hour in hours:
            self._connection.execute("DELETE FROM scored WHERE reader = ? AND hour = ?", (self._reader, hour))
            rows = [(self._reader, hour, name) for name in sorted(files[hour])]
            self._connection.executemany("INSERT INTO scored VALUES (?, ?, ?)", rows)

    def near(self, spans: Iterable[Span], reach: int) -> dict[str, Alert]:
        """Earlier alerts that touch a span or end within `reach` seconds of it, by id."""
        found: dict[str, Alert] = {}
        query = "SELECT id, body FROM alerts WHERE reader = ? AND last >= ? AND first <= ?"
        for span in spans:
            found.update(
                (i, json.loads(b)) for i, b in self._rows(query, span.since - reach, span.until + reach)
            )
        return found

    def windows(self, alerts: Iterable[str]) -> pd.DataFrame:
        """The flagged windows of earlier alerts, with the alert's id as `alert`."""
        query = "SELECT alert, body FROM flagged WHERE reader = ? AND alert = ?"
        rows = [{**json.loads(body), "alert": id_} for one in alerts for id_, body in self._rows(query, one)]
        frame = pd.DataFrame(rows)
        times = {name: pd.to_datetime(frame[name], unit="ms", utc=True) for name in TIMES if len(frame)}
        return frame.assign(**times)

    def all(self) -> list[Alert]:
        """Every alert that the reader remembers, by when it began."""
        query = "SELECT body FROM alerts WHERE reader = ? ORDER BY first, id"
        return [json.loads(body) for (body,) in self._rows(query)]

    def hours(self) -> tuple[str | None, str | None]:
        """The beginning of the first and the end of the last hour that were scored, as ISO times."""
        ((first, last),) = self._rows("SELECT min(hour), max(hour) FROM scored WHERE reader = ?")
        if first is None:
            return None, None
        moments = (datetime.fromtimestamp(t, UTC) for t in (first, last + HOUR))
        return (f"{next(moments):%FT%TZ}", f"{next(moments):%FT%TZ}")

    def forget(self, alerts: Iterable[str]) -> None:
        """Drop alerts and their windows."""
        keys = [(self._reader, id_) for id_ in alerts]
        self._connection.executemany("DELETE FROM alerts WHERE reader = ? AND id = ?", keys)
        self._connection.executemany("DELETE FROM flagged WHERE reader = ? AND alert = ?", keys)

    def keep(self, alerts: Iterable[Alert], windows: pd.DataFrame) -> None:
        """Remember alerts, and the windows whose `alert` names them."""
        bodies = [(self._reader, a["id"], *_reach(a), json.dumps(a)) for a in alerts]
        self._connection.executemany("INSERT INTO alerts VALUES (?, ?, ?, ?, ?)", bodies)
        if windows.empty:
            return
        flat = windows.assign(**{name: windows[name].dt.as_unit("ms").astype("int64") for name in TIMES})
        records = flat.drop(columns=["alert"]).astype(object).where(flat.notna(), None).to_dict("records")
        rows = [
            (self._reader, id_, json.dumps(body)) for id_, body in zip(windows["alert"], records, strict=True)
        ]
        self._connection.executemany("INSERT INTO flagged VALUES (?, ?, ?)", rows)

    def drop_readers(self, prefix: str, keep: str) -> None:
        """Forget all of other readers, by how their names begin."""
        for table in ("scored", "flagged", "alerts"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE substr(reader, 1, ?) = ? AND substr(reader, 1, ?) != ?",
                (len(prefix), prefix, len(keep), keep),
            )

    def _rows(self, query: str, *values: Any) -> Iterator[Any]:
        return iter(self._connection.execute(query, (self._reader, *values)).fetchall())


def champion_of(view: str) -> str:
    """Name of a view's champion as a reader: each version goes on where the last one stopped."""
    return f"champion {view}"


def model_of(card: Mapping[str, Any]) -> str:
    """Name of the model that a card describes as a reader: a model given by hand reads the lake by itself."""
    return sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def opened(path: Path, reader: str) -> Iterator[State]:
    """The reader's memory; what was written stands if the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        connection.executescript(TABLES)
        connection.execute("BEGIN IMMEDIATE")
        yield State(connection, reader)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise DnsanomError(f"{path}: {error}") from error
    finally:
        connection.close()


def _reach(alert: Alert) -> tuple[int, int]:
    return _epoch(alert["spans"][0][0]), _epoch(alert["spans"][-1][1])


def _epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def remembered(path: Path, alert_id: str) -> list[Alert]:
    """Alerts of any reader whose id begins so, the champions' first."""
    query = "SELECT body FROM alerts WHERE substr(id, 1, ?) = ? ORDER BY reader NOT LIKE 'champion %', id"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        found = connection.execute(query, (len(alert_id), alert_id)).fetchall()
    except sqlite3.Error as error:
        raise DnsanomError(f"{path}: {error}") from error
    finally:
        connection.close()
    return [json.loads(body) for (body,) in found]


def drop(path: Path, prefix: str, keep: str) -> None:
    """Forget all of the readers whose name begins with `prefix`, but for those that begin with `keep`."""
    with opened(path, prefix) as memory:
        memory.drop_readers(prefix, keep)
