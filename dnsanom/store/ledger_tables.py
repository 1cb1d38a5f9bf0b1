"""The ledger's two tables, and how a database of an earlier version comes to have them."""

from dataclasses import dataclass, fields

import sqlalchemy as sa

from dnsanom.errors import LedgerError
from dnsanom.store.ledger_database import Database
from dnsanom.store.ledger_states import WORK

#: 1 had neither expiry, report nor time span; 2 adds columns, so it opens what 1 wrote.
VERSION = 2
LEASE_SECONDS = 900.0


@dataclass(frozen=True)
class Entry:
    """One export's line; `rows` were in it: `kept` in the lake, `dropped` no DNS, `bad` in quarantine.

    `kind` is `flows` or `truth`; `reason` says why it is where it is, or of which key it is a duplicate;
    `missing` names the columns that its `format` lacks. `discovered`, `leased`, `expires` and `finished` are
    Unix time; `first_seen` and `last_seen`, its flows' span, are Unix time in ms, and `behind` is how many ms
    its first flow lay behind the ledger's newest when it was committed. `serial` counts the commits.
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
    expires: float | None
    dropped: int | None
    missing: str | None
    format: str | None
    first_seen: int | None
    last_seen: int | None
    behind: int | None
    serial: int | None


META = sa.MetaData()
EXPORTS = sa.Table(
    "exports",
    META,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("discovered", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text) for name in ("kind", "sha256", "reason", "owner", "missing", "format")),
    *(sa.Column(name, sa.Double) for name in ("leased", "finished", "expires")),
    *(sa.Column(name, sa.BigInteger) for name in ("rows", "kept", "bad", "dropped")),
    *(sa.Column(name, sa.BigInteger) for name in ("first_seen", "last_seen", "behind", "serial")),
    sa.Index("by_serial", "serial"),
)


def in_state(*states: str) -> sa.ColumnElement[bool]:
    """Whether an export is in one of the states, as literals: with parameters no partial index is used."""
    return sa.or_(*(EXPORTS.c.state == sa.literal_column(f"'{state}'") for state in states))


def _partial(name: str, column: str, *states: str, unique: bool = False) -> None:
    """An index of the exports in these states alone, so that no question goes through all the committed."""
    only = in_state(*states)
    sa.Index(name, EXPORTS.c[column], unique=unique, sqlite_where=only, postgresql_where=only)


#: What holds even if a writer were to forget to look: content is in the lake once.
_partial("one_of_a_content", "sha256", "committed", unique=True)
_partial("by_last_seen", "last_seen", "committed")
_partial("by_original", "reason", "duplicate")
_partial("at_work", "key", *WORK)
ABOUT = sa.Table(
    "about", META, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)
LINE = [EXPORTS.c[field.name] for field in fields(Entry)]


def prepare(database: Database) -> None:
    """Make or complete the tables. Raises LedgerError if they are a newer version's or somebody else's."""
    with database.reading() as db:
        version = _version(db)
    if version is not None and version > VERSION:
        rule = f"this dnsanom knows versions up to {VERSION}; use the newer one that wrote it"
        raise LedgerError(f"ledger {database.name}: schema version {version}: {rule}")
    if version != VERSION:
        with database.writing() as db:
            _complete(db, database.name)


def _version(db: sa.Connection) -> int | None:
    if not sa.inspect(db).has_table("about"):
        return None
    known = db.execute(sa.select(ABOUT.c.value).where(ABOUT.c.name == "version")).scalar_one_or_none()
    return 1 if known is None else int(known)


def _complete(db: sa.Connection, name: str) -> None:
    """Add what is missing; two that open at once do it one after the other, and the second finds it done."""
    META.create_all(db)
    there = {column["name"] for column in sa.inspect(db).get_columns("exports")}
    for column in EXPORTS.columns:
        if column.name in there:
            continue
        if not column.nullable:
            raise LedgerError(f"ledger {name}: table exports: no column {column.name!r}: it is no ledger's")
        definition = sa.schema.CreateColumn(column).compile(dialect=db.dialect)
        db.exec_driver_sql(f"ALTER TABLE exports ADD COLUMN {definition}")
    for old in ("by_content", "by_state"):
        db.exec_driver_sql(f"DROP INDEX IF EXISTS {old}")
    for index in EXPORTS.indexes:
        index.create(db, checkfirst=True)
    _write_version(db)


def _write_version(db: sa.Connection) -> None:
    expires = EXPORTS.c["expires"]
    unknown = (EXPORTS.c["state"] == "leased") & expires.is_(None)
    db.execute(sa.update(EXPORTS).where(unknown).values(expires=EXPORTS.c["leased"] + LEASE_SECONDS))
    db.execute(sa.delete(ABOUT).where(ABOUT.c["name"] == "version"))
    db.execute(sa.insert(ABOUT).values(name="version", value=str(VERSION)))
