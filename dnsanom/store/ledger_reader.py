"""What can be asked of the ledger; nothing here writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from dnsanom.store import ledger_owner
from dnsanom.store import ledger_statements as sql
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger_database import Database
from dnsanom.store.ledger_states import FREE, WORK
from dnsanom.store.ledger_tables import Entry

_ASKED = 500  # Keys in one question.


@dataclass(frozen=True)
class Total:
    """The exports in one state: how many, and their rows."""

    state: str
    exports: int
    rows: int
    kept: int
    dropped: int
    bad: int


class LedgerReader:
    """The questions; `Ledger` adds what changes the answers."""

    _database: Database

    def new(self, listed: Iterable[ObjectInfo]) -> list[ObjectInfo]:
        """Those of the listed objects that are to be taken, in the listing's order."""
        rest, new = iter(listed), list[ObjectInfo]()
        while some := list(islice(rest, _ASKED)):
            new += self._free(some)
        return new

    def holder(self, sha256: str, besides: str) -> str | None:
        """The key, other than `besides`, under which this content is in the lake, if it is."""
        key = self._value(sql.HOLDER_OF_CONTENT, content=sha256, besides=besides)
        return None if key is None else str(key)

    def taken_before(self, key: str) -> bool:
        """Whether the key was taken up more than once, so that rows of an earlier try may be in the lake."""
        return bool(self._value(sql.TRIES, of_key=key) > 1)

    def newest(self) -> int | None:
        """The newest `first_seen` of all committed flows, in ms: what a watermark is counted from."""
        newest = self._value(sql.NEWEST)
        return None if newest is None else int(newest)

    def arrived(self, after: int = 0) -> list[Entry]:
        """Exports whose flows came into the lake after the commit of that serial, in that order.

        One that is `behind` by more than active timeout and margin is late: its first flow began before the
        watermark of its day.
        """
        return self._entries(sql.ARRIVED, after=after)

    def entries(self, state: str | None = None, since: float = 0.0) -> list[Entry]:
        """All exports, or those in a state or touched since a Unix time, by key and discovery."""
        if state is None:
            return self._entries(sql.LINES, since=since)
        return self._entries(sql.LINES_IN_STATE, since=since, in_state=state)

    def totals(self, since: float = 0.0) -> list[Total]:
        """The exports of each state, all or those touched since a Unix time, by state."""
        with self._database.reading() as db:
            lines = db.execute(sql.TOTALS, {"since": since}).all()
        return [Total(state, *(int(number) for number in numbers)) for state, *numbers in lines]

    def counts(self) -> dict[str, int]:
        """How many exports are in each state."""
        return {total.state: total.exports for total in self.totals()}

    def _free(self, infos: list[ObjectInfo]) -> list[ObjectInfo]:
        known = self._entries(sql.OF_KEYS, keys=[info.key for info in infos])
        taken = {(line.key, line.etag, line.size) for line in known if not self._is_free(line)}
        return [info for info in infos if (info.key, info.etag, info.size) not in taken]

    def _is_free(self, line: Entry) -> bool:
        return line.state in FREE or (line.state in WORK and self._is_over(line))

    def _is_over(self, line: Entry) -> bool:
        """Whether a lease is over: its time is up, or its process on this host is gone."""
        if line.expires is None or line.owner is None:
            return True
        return line.expires < self._database.now() or ledger_owner.gone(line.owner)

    def _value(self, asked: sa.Executable, **values: Any) -> Any:
        with self._database.reading() as db:
            return db.execute(asked, values).scalar_one_or_none()

    def _entries(self, asked: sa.Executable, **values: Any) -> list[Entry]:
        with self._database.reading() as db:
            return [Entry(*line) for line in db.execute(asked, values)]
