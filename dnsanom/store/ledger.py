"""The ledger of exports: what became of each object of the store.

    discovered ──▶ leased ──▶ decoded ──▶ committed | duplicate
      ▲  ▲  ▲        │  └────────┴──────▶ quarantined │ gone
      │  │  └────────┴── released, or its lease is over│
      │  └───────────── retried, or listed again ◀─────┤
      └──────────────── listed again ◀── replaced ◀────┘

An export is one (key, ETag, size). It is leased to one process, by one UPDATE of a line that is free. A lease
ends with its time, which `renew` puts off, or at once with the process that took it, so that after a kill -9
the next pull goes on. Whoever has lost a lease can finish nothing: LeaseLostError. `decoded` is an export
that is taken apart and validated, its rows about to be written; `committed` is written after they are there.
A later version of the same key makes the earlier one `replaced`, since its rows have left the lake. The same
content is committed once, whatever its keys.

`with ledger.together():` makes one transaction of many calls.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from dnsanom.errors import BadUseError, LeaseLostError, SettingsError
from dnsanom.store import ledger_owner
from dnsanom.store import ledger_statements as sql
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger_database import Database
from dnsanom.store.ledger_reader import LedgerReader
from dnsanom.store.ledger_tables import ABOUT, EXPORTS, LEASE_SECONDS, prepare


class Ledger(LedgerReader):
    """The ledger in one database, safe for threads, processes and hosts; it is made at first use."""

    def __init__(
        self, where: Path | SecretStr, bucket: str | None = None, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        """Open the ledger in a SQLite file or at a URL.

        Raises SettingsError for another kind of URL, or if its lake was pulled from another bucket than the
        given; LedgerError if the database is away or not to be written, or its tables are not the ledger's.
        """
        self._database = Database(where)
        self.name = self._database.name
        prepare(self._database)
        self._owner, self._lease_seconds = ledger_owner.me(), lease_seconds
        self._renewed = time.monotonic()
        self._bucket = bucket
        self._check_bucket()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def together(self) -> AbstractContextManager[object]:
        """One transaction for all calls within; an error that leaves it takes them all back."""
        return self._database.writing()

    def alone(self) -> AbstractContextManager[None]:
        """Be the only process that rewrites files of the lake; publishing new ones needs no such care."""
        return self._database.alone()

    def discover(self, infos: Iterable[ObjectInfo]) -> None:
        """Write down new exports, so that they are known before they are taken."""
        line = {"state": "discovered", "discovered": time.time()}
        lines = [{"key": i.key, "etag": i.etag, "size": i.size, **line} for i in infos]
        with self._database.writing() as db:
            insert = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
            if self._bucket is not None:
                fact = insert(ABOUT).values(name="bucket", value=self._bucket)
                db.execute(fact.on_conflict_do_nothing())
            again = insert(EXPORTS).on_conflict_do_update(
                index_elements=EXPORTS.primary_key.columns,
                set_={"state": "discovered"},
                where=(EXPORTS.c.state == "replaced") | (EXPORTS.c.state == "gone"),
            )
            if lines:
                db.execute(again, lines)

    def lease(self, info: ObjectInfo) -> bool:
        """Take the export for this process; False if another has it, is done with it, or it is unknown."""
        now = self._database.now()
        lease = {**_of(info), "now": now, "dead": None, "owner": self._owner}
        lease |= {"leased": time.time(), "expires": now + self._lease_seconds}
        with self._database.writing() as db:
            if db.execute(sql.LEASE, lease).rowcount:
                return True
            owner = db.execute(sql.HOLDER_OF_LEASE, _of(info)).scalar_one_or_none()
            if owner is None or not ledger_owner.gone(owner):
                return False
            return bool(db.execute(sql.LEASE, {**lease, "dead": owner}).rowcount)

    def lease_all(self, infos: Iterable[ObjectInfo]) -> list[ObjectInfo]:
        """Take those of the exports that are free, in one transaction."""
        with self.together():
            return [info for info in infos if self.lease(info)]

    def renew(self) -> None:
        """Put off the end of this process's leases; cheap to call often: it writes when a third is over."""
        if time.monotonic() - self._renewed < self._lease_seconds / 3:
            return
        self._renewed = time.monotonic()
        with self._database.writing() as db:
            db.execute(sql.RENEW, {"me": self._owner, "expires": self._until()})

    def decoded(self, info: ObjectInfo) -> None:
        """Say that the export's rows are about to be written. Raises LeaseLostError: then don't."""
        with self._database.writing() as db:
            decoded = {"state": "decoded", "expires": self._until()}
            if not db.execute(sql.SET_MINE, {**_of(info), "me": self._owner, **decoded}).rowcount:
                raise self._lost(info)

    def release(self, info: ObjectInfo, reason: str) -> None:
        """Give a lease back, if it is still held: the export stays to be taken."""
        self._let_go(info, "discovered", reason)

    def gone(self, info: ObjectInfo, reason: str) -> None:
        """Say that the object left the store before it was taken; it is to be taken if it is listed again."""
        self._let_go(info, "gone", reason)

    def commit(
        self,
        info: ObjectInfo,
        sha256: str,
        kind: str,
        rows: int = 0,
        kept: int = 0,
        bad: int = 0,
        *,
        dropped: int = 0,
        missing: Sequence[str] = (),
        format: str | None = None,
        seen: tuple[int, int] | None = None,
    ) -> str | None:
        """Say that the export's rows are in the lake, in place of those of the key's earlier versions.

        `seen` is the flows' first and last `first_seen`, in ms. If another key has committed the same content
        meanwhile, nothing is written and that key returned. Raises LeaseLostError.
        """
        report: dict[str, Any] = {
            "rows": rows,
            "kept": kept,
            "bad": bad,
            "dropped": dropped,
            "format": format,
        }
        report |= {"kind": kind, "missing": ", ".join(missing) or None, "reason": None}
        with self._database.writing() as db:
            other, newest = self._hold(db, info, sha256)
            if other is None:
                _replace(db, info, sha256)
                report |= _span(seen, newest)
                db.execute(sql.COMMIT, {**_finished(info), "sha256": sha256, **report})
        return other

    def duplicate(self, info: ObjectInfo, sha256: str, of: str) -> None:
        """Say that the export's content is in the lake already, under the key `of`. Raises LeaseLostError."""
        with self._database.writing() as db:
            self._hold(db, info, sha256)
            _replace(db, info, sha256)
            db.execute(sql.SET, {**_finished(info), "state": "duplicate", "sha256": sha256, "reason": of})

    def quarantine(
        self,
        info: ObjectInfo,
        sha256: str,
        reason: str,
        *,
        rows: int | None = None,
        bad: int | None = None,
        dropped: int | None = None,
        missing: Sequence[str] = (),
        format: str | None = None,
    ) -> None:
        """Say that the export is in quarantine whole; what an earlier version brought stays in the lake.

        Raises LeaseLostError.
        """
        report = {"rows": rows, "kept": None, "bad": bad, "dropped": dropped, "format": format}
        report |= {"missing": ", ".join(missing) or None, "reason": _storable(reason), "sha256": sha256}
        with self._database.writing() as db:
            self._hold(db, info, sha256)
            db.execute(sql.SET, {**_finished(info), "state": "quarantined", **report})

    def broken_off(self) -> list[str]:
        """Keys whose lease ended without an outcome: part of their rows may be in the lake.

        They are this process's from now on, until they are reopened, so that no two clear up after the same.
        """
        with self._database.writing() as db:
            at_work = [line for line in self._entries(sql.AT_WORK) if line.owner != self._owner]
            over = [line for line in at_work if self._is_over(line)]
            for line in over:
                db.execute(sql.SET, {**_of(line), "owner": self._owner, "expires": self._until()})
        return sorted({line.key for line in over})

    def reopen(self, key: str) -> None:
        """The key's rows were taken out of the lake: all that rested on them is to be taken again."""
        with self._database.writing() as db:
            for change in (sql.REOPEN_WORK, sql.REOPEN_COMMITTED, sql.REOPEN_DUPLICATES):
                db.execute(change, {"of_key": key})

    def retry(self, keys: Sequence[str] | None = None) -> list[str]:
        """Open quarantined exports again, those of the keys or all, and return their keys.

        Raises BadUseError, with nothing opened, for a key that has no quarantined export.
        """
        with self._database.writing() as db:
            quarantined = {entry.key for entry in self.entries("quarantined")}
            chosen = sorted(quarantined if keys is None else set(keys))
            for key in chosen:
                if key not in quarantined:
                    raise BadUseError(f"ledger {self.name}: {key}: {_what_is(db, key)}")
            if chosen:
                db.execute(sql.RETRY, [{"of_key": key} for key in chosen])
        return chosen

    def _hold(self, db: sa.Connection, info: ObjectInfo, sha256: str) -> tuple[str | None, int | None]:
        """Make sure that the lease is this process's; nobody can take it until the transaction ends.

        Returns the other key that holds the content, and the newest flow. Raises LeaseLostError.
        """
        asked = {**_of(info), "me": self._owner, "content": sha256, "besides": info.key}
        known = db.execute(sql.IF_MINE, asked).one_or_none()
        if known is None:
            raise self._lost(info)
        return known.holder, known.newest

    def _lost(self, info: ObjectInfo) -> LeaseLostError:
        rule = "its lease is over and another's; nothing of it is written by this process"
        return LeaseLostError(f"ledger {self.name}: {info.key}: {rule}")

    def _let_go(self, info: ObjectInfo, state: str, reason: str) -> None:
        change = {"state": state, "reason": _storable(reason), "owner": None, "expires": None}
        with self._database.writing() as db:
            db.execute(sql.SET_MINE, {**_of(info), "me": self._owner, **change})

    def _until(self) -> float:
        return self._database.now() + self._lease_seconds

    def _check_bucket(self) -> None:
        known = self._value(sql.FACT, of_name="bucket")
        if self._bucket is not None and known is not None and known != self._bucket:
            rule = f"this lake is pulled from {known}; another bucket needs another DNSANOM_DATA"
            raise SettingsError(f"DNSANOM_S3_BUCKET: {self._bucket}: {rule}")


def _of(line: Any) -> dict[str, Any]:
    """An ObjectInfo or an Entry, as the parameters that name it."""
    return {"of_key": line.key, "of_etag": line.etag, "of_size": line.size}


def _finished(info: ObjectInfo) -> dict[str, Any]:
    return {**_of(info), "finished": time.time(), "owner": None, "expires": None}


def _replace(db: sa.Connection, info: ObjectInfo, sha256: str) -> None:
    """Let go of the key's earlier versions, and of what was a duplicate of their content."""
    db.execute(sql.REPLACE, _of(info))
    db.execute(sql.REPLACE_DUPLICATES, {"of_key": info.key, "content": sha256})


def _span(seen: tuple[int, int] | None, newest: int | None) -> dict[str, Any]:
    """The columns that tell when an export's flows were, and how late they came."""
    if seen is None:
        return {"first_seen": None, "last_seen": None, "behind": None}
    behind = 0 if newest is None else max(0, newest - seen[0])
    return {"first_seen": seen[0], "last_seen": seen[1], "behind": behind}


def _what_is(db: sa.Connection, key: str) -> str:
    state = db.execute(sql.STATE_OF_KEY, {"of_key": key}).scalars().first()
    seen = "no export of this key is known" if state is None else f"it is {state}"
    return f"{seen}; only quarantined exports can be retried"


def _storable(text: str) -> str:
    """A reason quotes what an export holds, and PostgreSQL takes neither NUL nor half a character."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
