"""The ledger's database: what can't be opened is one line, and what an earlier version wrote opens."""

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import Postgres
from pydantic import SecretStr
from test_ledger import A, export, states

from dnsanom.errors import DnsanomError, LedgerError, SettingsError
from dnsanom.servers.process import free_port
from dnsanom.settings import Settings, load_settings
from dnsanom.store import ledger_database
from dnsanom.store.ledger import Ledger

#: The tables as version 1 made them.
EARLIER = """
CREATE TABLE exports (
    key TEXT NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL, state TEXT NOT NULL, kind TEXT, sha256 TEXT,
    rows INTEGER, kept INTEGER, bad INTEGER, reason TEXT, tries INTEGER NOT NULL DEFAULT 0,
    discovered REAL NOT NULL, leased REAL, owner TEXT, finished REAL, PRIMARY KEY (key, etag, size)
);
CREATE INDEX by_content ON exports (sha256, state);
CREATE INDEX by_state ON exports (state);
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO about VALUES ('bucket', 'netflow');
INSERT INTO exports VALUES
    ('a', 'e1', 10, 'committed', 'flows', 'c1', 5, 4, 1, NULL, 1, 1.5, 2.5, NULL, 3.5),
    ('b', 'e1', 10, 'leased', NULL, NULL, NULL, NULL, NULL, NULL, 1, 1.5, 2.5, 'elsewhere 7 1.25', NULL);
"""


def one_line(where: Path | SecretStr, kind: type[DnsanomError] = LedgerError) -> str:
    with pytest.raises(kind) as error:
        Ledger(where)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)
    return str(error.value)


def test_a_ledger_of_an_earlier_version_opens(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "l.db") as db:
        db.executescript(EARLIER)
    for _ in range(2):
        with Ledger(tmp_path / "l.db", "netflow") as ledger:
            assert states(ledger) == {"a e1": "committed", "b e1": "leased"}
            [a, b] = ledger.entries()
            assert (a.kept, a.finished, a.dropped, a.expires, b.expires) == (4, 3.5, None, None, 902.5)
    with Ledger(tmp_path / "l.db", "netflow") as ledger:
        assert ledger.broken_off() == ["b"]
        ledger.reopen("b")
        assert ledger.lease(export("b"))
        assert ledger.commit(export("b"), "c1", "flows") == "a"
        assert ledger.commit(export("b"), "c2", "flows", dropped=3, seen=(1, 2)) is None


def test_a_ledger_of_a_newer_version_does_not(where: Path | SecretStr) -> None:
    with Ledger(where) as ledger, ledger._database.writing() as db:
        db.execute(sa.text("UPDATE about SET value = '3' WHERE name = 'version'"))
    assert "schema version 3: this dnsanom knows versions up to 2" in one_line(where)


def test_somebody_elses_table_is_left_alone(where: Path | SecretStr) -> None:
    database = ledger_database.Database(where)
    with database.writing() as db:
        db.execute(sa.text("CREATE TABLE exports (name TEXT)"))
    assert "table exports: no column 'key': it is no ledger's" in one_line(where)
    with database.reading() as db:
        assert sa.inspect(db).get_table_names() == ["exports"]


def test_a_file_that_is_no_ledger_or_has_no_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "l.db").write_bytes(b"something else" * 100)
    assert one_line(tmp_path / "l.db") == f"ledger {tmp_path / 'l.db'}: file is not a database"
    assert one_line(tmp_path / "l.db" / "x.db").endswith("/l.db: File exists")


def test_a_ledger_that_is_read_only_or_locked_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(tmp_path / "l.db").discover([A])
    url = SecretStr(f"sqlite:///file:{tmp_path / 'l.db'}?mode=ro&uri=true")
    with Ledger(url) as ledger, pytest.raises(LedgerError, match=r"l\.db: is read-only; a ledger has to be"):
        ledger.lease(A)
    monkeypatch.setattr(ledger_database, "PATIENCE", 0.1)
    with Ledger(tmp_path / "l.db") as ledger, Ledger(tmp_path / "l.db") as other, other.together():
        with pytest.raises(LedgerError, match=r"l\.db: another process has kept it locked for 30 s"):
            ledger.lease(A)
        assert ledger.counts() == {"discovered": 1}


@pytest.mark.parametrize("url", ["mysql://me:secret@db/x", "postgresql", "sqlite://", "://me:secret@db/x"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    said = one_line(SecretStr(url), SettingsError)
    assert said.startswith("DNSANOM_LEDGER: ")
    assert said.endswith("a ledger is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")


def test_a_database_that_is_away_is_named_without_the_password(postgres: Postgres) -> None:
    away = SecretStr(f"postgresql://me:secret@127.0.0.1:{free_port()}/ledger")
    assert "ledger postgresql+psycopg://me:***@127.0.0.1:" in one_line(away)
    assert "Connection refused" in one_line(away)
    assert 'database "nowhere" does not exist' in one_line(SecretStr(postgres.url("nowhere")))
    same = SecretStr(postgres.url("pa55word", password="pa55word"))
    assert 'database "***" does not exist' in one_line(same)


def test_the_ledger_outlives_a_restart_of_the_database(postgres: Postgres, database: SecretStr) -> None:
    with Ledger(database) as ledger:
        ledger.discover([A])
        postgres.halt()
        with pytest.raises(LedgerError, match="ledger postgresql"):
            ledger.lease(A)
        postgres.start()
        assert ledger.lease(A)
        postgres.halt()
        postgres.start()
        ledger.decoded(A)


def test_the_setting_names_the_ledger_and_hides_its_password(settings: Settings) -> None:
    assert settings.ledger == settings.root / "data" / "ledger.db"
    url = "postgresql://me:pa55word@db/ledger"
    chosen = load_settings(settings.root, {"DNSANOM_LEDGER": url})
    assert isinstance(chosen.ledger, SecretStr)
    assert chosen.ledger.get_secret_value() == url
    assert "pa55" not in repr(chosen) + chosen.model_dump_json()


def test_a_new_file_that_another_process_writes_to_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE theirs (one)")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    with Ledger(path) as ledger:
        assert ledger.counts() == {}
    release.join()
    other.close()
