"""Where the ledger is kept: a SQLite file, or a PostgreSQL database by URL. The only importers of sqlalchemy
are the `ledger` modules.

Under both there is one writer at a time: a transaction that writes holds SQLite's write lock, or an advisory
lock of PostgreSQL, from its first statement on. So what it has read stays true until it ends, and no two wait
for each other's rows. Transactions are short; many changes belong into one.
"""

import fcntl
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from dnsanom.errors import LedgerError, SettingsError, one_line

#: How long a writer waits for another, in seconds.
PATIENCE = 30
_POSTGRES = {
    "connect_timeout": 10,
    "application_name": "dnsanom",
    # A host that dies within a transaction must not keep the others off for the hours of a TCP timeout.
    "options": f"-c lock_timeout={PATIENCE}s -c idle_in_transaction_session_timeout={2 * PATIENCE}s",
}
_ONE_WRITER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(6485741)"}
_SAID = {
    "database is locked": f"another process has kept it locked for {PATIENCE} s",
    "attempt to write a readonly database": "is read-only; a ledger has to be writable",
}
_RULE = "a ledger is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


class Database:
    """The ledger's engine, safe in threads; its errors are LedgerError on one line without the password."""

    def __init__(self, where: Path | SecretStr) -> None:
        """Nothing is opened yet. Raises SettingsError for a URL of another kind."""
        url = _url(where)
        self.name = str(where) if isinstance(where, Path) else url.set(query={}).render_as_string()
        self._password = str(url.password or "")
        self._engine = _engine(url)
        self._here = threading.local()
        self._ahead: float | None = None

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by: that of this thread's transaction, if it has one."""
        current = getattr(self._here, "writer", None)
        if current is not None:
            yield current
            return
        with self._errors(), self._engine.connect() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that keeps other writers off; within another one of this thread, a part of that."""
        if getattr(self._here, "writer", None) is not None:
            yield self._here.writer
            return
        with self._errors(), self._engine.begin() as db:
            db.exec_driver_sql(_ONE_WRITER[self._engine.dialect.name])
            self._here.writer = db
            try:
                yield db
            finally:
                self._here.writer = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one in here, of all processes with this database; transactions go on meanwhile."""
        if self._engine.dialect.name == "sqlite":
            with Path(f"{self._engine.url.database}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            return
        with self._errors(), self._engine.connect() as db:
            db.execution_options(isolation_level="AUTOCOMMIT")
            db.exec_driver_sql("SELECT pg_advisory_lock(6485742)")
            try:
                yield
            finally:
                db.exec_driver_sql("SELECT pg_advisory_unlock(6485742)")

    def now(self) -> float:
        """Unix time by the database's clock, which leases of several hosts are measured by."""
        if self._ahead is None:
            self._ahead = self._measure()
        return time.time() + self._ahead

    def _measure(self) -> float:
        if self._engine.dialect.name == "sqlite":
            return 0.0
        with self.reading() as db:
            now = db.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one()
        return float(now) - time.time()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            text = one_line(getattr(error, "orig", None) or error)
            if self._password:
                text = text.replace(self._password, "***")
            raise LedgerError(f"ledger {self.name}: {_SAID.get(text, text)}") from error


def _url(where: Path | SecretStr) -> sa.URL:
    if isinstance(where, Path):
        return sa.URL.create("sqlite", database=str(where))
    text = where.get_secret_value()
    shown = re.sub(r"//[^@/]*@", "//***@", text)
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise SettingsError(f"DNSANOM_LEDGER: {shown}: {_RULE}") from error
    drivers = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
    kind = url.drivername.split("+")[0]
    if kind not in drivers or (kind == "sqlite" and not url.database):
        raise SettingsError(f"DNSANOM_LEDGER: {shown}: {_RULE}")
    return url.set(drivername=drivers[kind])


def _engine(url: sa.URL) -> sa.Engine:
    if url.drivername != "sqlite":
        given = {name: value for name, value in _POSTGRES.items() if name not in url.query}
        return sa.create_engine(url, connect_args=given, pool_pre_ping=True)
    _make_folder(url)
    # Without an isolation level the driver begins nothing by itself, so BEGIN IMMEDIATE is the first word.
    engine = sa.create_engine(url, connect_args={"timeout": PATIENCE, "isolation_level": None})
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _make_folder(url: sa.URL) -> None:
    if "uri" in url.query:
        return  # SQLite's own way to name a file, as `file:…?mode=ro`: it is there, or SQLite says why not.
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"ledger {url.database}: {folder}: {error.strerror}") from error


def _prepare(connection: Any, _record: object) -> None:
    """A reader never waits for the writer, and a commit outlives a loss of power, as the lake's files do."""
    deadline = time.monotonic() + PATIENCE
    while not _in_wal_mode(connection, deadline):
        time.sleep(0.01)
    connection.execute("PRAGMA synchronous = FULL")


def _in_wal_mode(connection: Any, deadline: float) -> bool:
    """SQLite does not wait here: of two that use a new file at once, one is told that it is locked."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
            raise
        return False
    return True
