"""Where a ledger can be: a SQLite file and a real PostgreSQL, for tests that hold for both."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from postgres import Postgres
from pydantic import SecretStr

from dnsanom.store.ledger import Ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def database(postgres: Postgres) -> SecretStr:
    """The URL of an empty database of this test's own."""
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(postgres.url("postgres").replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as db:
        db.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return SecretStr(postgres.url(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | SecretStr:
    """A place for a ledger of this test's own, of each kind."""
    if request.param == "sqlite":
        return tmp_path / "data" / "ledger.db"
    url: SecretStr = request.getfixturevalue("database")
    return url


@pytest.fixture
def ledger(where: Path | SecretStr) -> Iterator[Ledger]:
    with Ledger(where, "netflow") as opened:
        yield opened
