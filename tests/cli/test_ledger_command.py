"""`dnsanom ledger`: counts, lists and retries that a person and a script can read."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from dnsanom import doctor
from dnsanom.cli import cli
from dnsanom.errors import BadUseError
from dnsanom.servers.process import free_port
from dnsanom.settings import Settings, load_settings
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger

GOOD, BAD = (
    ObjectInfo(key, "e1", 4400, datetime(2026, 3, 2, tzinfo=UTC)) for key in ("edge/good", "edge/bad")
)


@pytest.fixture
def known(settings: Settings) -> Settings:
    """A ledger with one export in the lake and one in quarantine."""
    with Ledger(settings.ledger) as ledger:
        ledger.discover([GOOD, BAD])
        ledger.lease_all([GOOD, BAD])
        ledger.commit(GOOD, "c1", "flows", 2000, 1500, 1, dropped=499)
        ledger.quarantine(BAD, "c2", "row 3: many: is no number", rows=40, bad=40, missing=["tos"])
    return settings


def ledger(*args: str) -> Result:
    return CliRunner().invoke(cli, ["ledger", *args], catch_exceptions=False)


def test_it_counts_the_exports_by_state(known: Settings) -> None:
    lines = [line.split() for line in ledger().output.splitlines()]
    assert lines[0] == ["ledger", str(known.data / "ledger.db")]
    assert lines[2:] == [
        ["committed", "1", "2,000", "1,500", "499", "1"],
        ["quarantined", "1", "40", "0", "0", "40"],
    ]
    assert "no export is known yet" in ledger("--since", "2126-01-01").output


def test_it_lists_a_state_with_all_that_is_known(known: Settings) -> None:
    [_, line, _] = ledger("--state", "quarantined").output.splitlines()
    assert (
        "edge/bad (4,400 bytes): rows 40, kept -, dropped -, bad 40, tries 1, missing tos: row 3: many"
        in line
    )
    assert f"{datetime.now(UTC):%Y-%m-%d}" in line
    found = json.loads(ledger("--json", "--state", "quarantined").output)
    assert found["states"] == {"committed": 1, "quarantined": 1}
    assert [(e["key"], e["rows"], e["reason"]) for e in found["exports"]] == [
        ("edge/bad", 40, "row 3: many: is no number")
    ]


def test_it_opens_quarantined_exports_again(known: Settings) -> None:
    with pytest.raises(
        BadUseError, match="edge/good: it is committed; only quarantined exports can be retried"
    ):
        ledger("retry", "edge/good")
    assert BadUseError.exit_code == 2
    assert ledger("retry").exit_code == ledger("retry", "edge/bad", "--all-quarantined").exit_code == 2
    assert ledger("retry", "edge/bad").output.splitlines() == [
        "opened again: edge/bad",
        "1 exports to be taken by the next `dnsanom pull`",
    ]
    with Ledger(known.ledger) as opened:
        assert opened.new([GOOD, BAD]) == [BAD]
    assert ledger("retry", "--all-quarantined").output == "0 exports to be taken by the next `dnsanom pull`\n"


def test_doctor_says_how_the_ledger_is_and_never_its_password(known: Settings) -> None:
    line = doctor.ledger(known).line()
    assert line == f"ok   ledger: {known.data / 'ledger.db'}: 1 committed, 1 quarantined"
    url = f"postgresql://me:pa55word@127.0.0.1:{free_port()}/ledger"
    line = doctor.ledger(load_settings(known.root, {"DNSANOM_LEDGER": url})).line()
    assert line.startswith("FAIL ledger: ledger postgresql+psycopg://me:***@127.0.0.1:")
    assert "pa55word" not in line
    assert "Connection refused" in line
