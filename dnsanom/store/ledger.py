"""The ledger of exports: what became of each object, in SQLite.

    discovered ─▶ leased ─▶ committed | quarantined | duplicate
         ▲───────────┘           └──────── replaced ────────┘

An export is one (key, ETag, size). A lease ends with its time or with the process that took it, so that after
a kill -9 the next pull goes on at once. `committed` is written after the rows are in the lake; a later
version of the same key makes the earlier one `replaced`, since its rows have left the lake.
"""

import socket
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import psutil

from dnsanom.errors import DnsanomError, SettingsError
from dnsanom.store.export import ObjectInfo

OPEN, DONE = ("discovered", "leased", "replaced"), ("committed", "quarantined", "duplicate")
LEASE_SECONDS = 900.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS exports (
    key TEXT NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL, state TEXT NOT NULL, kind TEXT, sha256 TEXT,
    rows INTEGER, kept INTEGER, bad INTEGER, reason TEXT, tries INTEGER NOT NULL DEFAULT 0,
    discovered REAL NOT NULL, leased REAL, owner TEXT, finished REAL,
    PRIMARY KEY (key, etag, size)
);
CREATE INDEX IF NOT EXISTS by_content ON exports (sha256, state);
CREATE INDEX IF NOT EXISTS by_state ON exports (state);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_THIS = "key = ? AND etag = ? AND size = ?"


@dataclass(frozen=True)
class Entry:
    """One export's line: `rows` were in it, `kept` are in the lake, `bad` in quarantine; times are Unix time.

    `reason` says why it is quarantined, or of which key it is a duplicate; `kind` is `flows` or `truth`.
    """

    key: str
    etag: str
    size: int
    state: str
    kind: str | None
    sha256: str | None
    rows: int | None
    kept: int | None
    bad: int | None
    reason: str | None
    tries: int
    discovered: float
    leased: float | None
    owner: str | None
    finished: float | None


class Ledger:
    """The ledger in one SQLite file (WAL), safe for several processes; it is made at first use."""

    def __init__(self, path: Path, bucket: str | None = None) -> None:
        """Open the ledger. Raises SettingsError if its lake was pulled from another bucket than the given."""
        self._db = _connect(path)
        self._owner = _me()
        self._bucket = bucket
        self._check_bucket()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def new(self, listed: Iterable[ObjectInfo]) -> list[ObjectInfo]:
        """Those of the listed objects that are to be taken, in the listing's order; nothing is written."""
        return [info for info in listed if self._open(info)]

    def discover(self, infos: Iterable[ObjectInfo]) -> None:
        """Write down new exports, so that they are known before they are taken."""
        rows = [(i.key, i.etag, i.size, time.time()) for i in infos]
        with self._transaction():
            if self._bucket is not None:
                self._db.execute("INSERT OR IGNORE INTO about VALUES ('bucket', ?)", (self._bucket,))
            self._db.executemany(
                "INSERT INTO exports (key, etag, size, state, discovered) VALUES (?, ?, ?, 'discovered', ?)"
                " ON CONFLICT DO UPDATE SET state = 'discovered' WHERE state = 'replaced'",
                rows,
            )

    def lease(self, info: ObjectInfo) -> bool:
        """Take the export for this process; False if another has it or is done with it."""
        with self._transaction():
            if not self._open(info):
                return False
            self._db.execute(
                "UPDATE exports SET state = 'leased', leased = ?, owner = ?, tries = tries + 1"
                f" WHERE {_THIS}",
                (time.time(), self._owner, *_id(info)),
            )
        return True

    def release(self, info: ObjectInfo, reason: str) -> None:
        """Give a lease back: the export stays to be taken."""
        self._db.execute(
            f"UPDATE exports SET state = 'discovered', owner = NULL, reason = ? WHERE {_THIS}",
            (reason, *_id(info)),
        )

    def commit(
        self, info: ObjectInfo, sha256: str, kind: str, rows: int = 0, kept: int = 0, bad: int = 0
    ) -> str | None:
        """Say that the export's rows are in the lake, in place of those of the key's earlier versions.

        If another key has committed the same content meanwhile, nothing is written and that key returned.
        """
        with self._transaction():
            other = self.holder(sha256, info.key)
            if other is None:
                self._replace(info, "committed", sha256=sha256, kind=kind, rows=rows, kept=kept, bad=bad)
        return other

    def duplicate(self, info: ObjectInfo, sha256: str, of: str) -> None:
        """Say that the export's content is in the lake already, under the key `of`."""
        with self._transaction():
            self._replace(info, "duplicate", sha256=sha256, reason=of)

    def quarantine(self, info: ObjectInfo, sha256: str, reason: str) -> None:
        """Say that the export is in quarantine whole; what an earlier version brought stays in the lake."""
        self._finish(info, "quarantined", sha256=sha256, reason=reason)

    def holder(self, sha256: str, besides: str) -> str | None:
        """The key, other than `besides`, under which this content is in the lake, if it is."""
        query = "SELECT key FROM exports WHERE sha256 = ? AND state = 'committed' AND key <> ?"
        found = self._db.execute(query, (sha256, besides)).fetchone()
        return None if found is None else str(found[0])

    def taken_before(self, key: str) -> bool:
        """Whether the key was taken up more than once, so that rows of an earlier try may be in the lake."""
        query = "SELECT coalesce(sum(tries), 0) > 1 FROM exports WHERE key = ?"
        return bool(self._db.execute(query, (key,)).fetchone()[0])

    def broken_off(self) -> list[str]:
        """Keys whose lease ended without an outcome: part of their rows may be in the lake."""
        rows = self._db.execute("SELECT key, leased, owner FROM exports WHERE state = 'leased'")
        return sorted({key for key, leased, owner in rows if _over(leased, owner)})

    def reopen(self, key: str) -> None:
        """The key's rows were taken out of the lake: all that rested on them is to be taken again."""
        with self._transaction():
            self._db.execute(
                "UPDATE exports SET state = CASE state WHEN 'leased' THEN 'discovered' ELSE 'replaced' END"
                " WHERE key = ? AND state IN ('leased', 'committed') OR state = 'duplicate' AND reason = ?",
                (key, key),
            )

    def entries(self, state: str | None = None) -> list[Entry]:
        """All exports, or those in a state, by key and time of discovery."""
        columns = ", ".join(field.name for field in fields(Entry))
        query = f"SELECT {columns} FROM exports WHERE state = coalesce(?, state) ORDER BY key, discovered"
        return [Entry(*row) for row in self._db.execute(query, (state,))]

    def counts(self) -> dict[str, int]:
        """How many exports are in each state."""
        return dict(self._db.execute("SELECT state, count(*) FROM exports GROUP BY state ORDER BY state"))

    def _open(self, info: ObjectInfo) -> bool:
        query = f"SELECT state, leased, owner FROM exports WHERE {_THIS}"
        found = self._db.execute(query, _id(info)).fetchone()
        return found is None or (found[0] in OPEN and (found[0] != "leased" or _over(found[1], found[2])))

    def _replace(self, info: ObjectInfo, state: str, **values: str | int) -> None:
        """Finish, and let go of the key's earlier versions and of what was a duplicate of their content."""
        let_go = "UPDATE exports SET state = 'replaced' WHERE"
        self._db.execute(
            f"{let_go} state = 'duplicate' AND reason = ? AND sha256 <> ?", (info.key, values["sha256"])
        )
        self._db.execute(
            f"{let_go} key = ? AND NOT ({_THIS}) AND state IN ('committed', 'duplicate', 'discovered')",
            (info.key, *_id(info)),
        )
        self._finish(info, state, **values)

    def _finish(self, info: ObjectInfo, state: str, **values: str | int) -> None:
        names = "".join(f", {name} = ?" for name in values)
        self._db.execute(
            f"UPDATE exports SET state = ?, finished = ?, owner = NULL{names} WHERE {_THIS}",
            (state, time.time(), *values.values(), *_id(info)),
        )

    def _check_bucket(self) -> None:
        known = self._db.execute("SELECT value FROM about WHERE name = 'bucket'").fetchone()
        if self._bucket is not None and known is not None and known[0] != self._bucket:
            rule = f"this lake is pulled from {known[0]}; another bucket needs another DNSANOM_DATA"
            raise SettingsError(f"DNSANOM_S3_BUCKET: {self._bucket}: {rule}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(_SCHEMA)
    except sqlite3.Error as error:
        raise DnsanomError(f"{path}: can't be opened as the ledger: {error}") from error
    return db


def _id(info: ObjectInfo) -> tuple[str, str, int]:
    return info.key, info.etag, info.size


def _me() -> str:
    """This process, told apart from others of the same pid by its start time."""
    process = psutil.Process()
    return f"{socket.gethostname()} {process.pid} {process.create_time():.2f}"


def _over(leased: float, owner: str) -> bool:
    """Whether a lease is over: its time is up, or its process on this host is gone."""
    if time.time() > leased + LEASE_SECONDS:
        return True
    host, pid, created = owner.rsplit(" ", 2)
    if host != socket.gethostname():
        return False
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" != created
    except psutil.NoSuchProcess:
        return True
