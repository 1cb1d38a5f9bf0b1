"""The ledger: new is what is unknown, a lease ends with its holder, and content is counted once."""

import multiprocessing
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dnsanom.errors import DnsanomError, SettingsError
from dnsanom.store import ledger as module
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def export(key: str, etag: str = "e1", size: int = 10) -> ObjectInfo:
    return ObjectInfo(key, etag, size, NOW)


A, B = export("a"), export("b")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "data" / "ledger.db", "netflow") as opened:
        yield opened


def take(ledger: Ledger, info: ObjectInfo, content: str) -> str | None:
    ledger.discover([info])
    assert ledger.lease(info)
    return ledger.commit(info, content, "flows", rows=5, kept=4, bad=1)


def states(ledger: Ledger) -> dict[str, str]:
    return {f"{entry.key} {entry.etag}": entry.state for entry in ledger.entries()}


def test_an_export_is_new_until_it_is_finished(ledger: Ledger) -> None:
    assert ledger.new([B, A]) == [B, A]
    ledger.discover([A, B])
    assert states(ledger) == {"a e1": "discovered", "b e1": "discovered"}
    assert ledger.new([A, B]) == [A, B]
    assert take(ledger, A, "c1") is None
    ledger.lease(B)
    ledger.quarantine(B, "c2", "no flows")
    assert ledger.new([A, B]) == []
    assert ledger.counts() == {"committed": 1, "quarantined": 1}
    [entry] = ledger.entries("committed")
    assert (entry.rows, entry.kept, entry.bad, entry.sha256, entry.tries) == (5, 4, 1, "c1", 1)
    assert [entry.reason for entry in ledger.entries("quarantined")] == ["no flows"]


@pytest.mark.parametrize("other", [export("a", etag="e2"), export("a", size=11), export("a2")])
def test_another_key_etag_or_size_is_new(ledger: Ledger, other: ObjectInfo) -> None:
    take(ledger, A, "c1")
    assert ledger.new([A, other]) == [other]


def test_it_outlives_its_process(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.db") as first:
        take(first, A, "c1")
    with Ledger(tmp_path / "l.db") as second:
        assert second.new([A]) == []


def test_a_lease_keeps_others_off(ledger: Ledger, tmp_path: Path) -> None:
    ledger.discover([A])
    with Ledger(tmp_path / "data" / "ledger.db") as other:
        assert ledger.lease(A)
        assert not other.lease(A)
        assert other.new([A]) == []
        assert other.broken_off() == []
        ledger.release(A, "store away")
        assert other.lease(A)
    [entry] = ledger.entries()
    assert (entry.tries, entry.reason, entry.finished) == (2, "store away", None)


def _lease_and_die(path: Path) -> None:
    Ledger(path).lease(A)


def test_a_lease_ends_with_the_process_that_took_it(ledger: Ledger, tmp_path: Path) -> None:
    ledger.discover([A])
    process = multiprocessing.get_context("spawn").Process(
        target=_lease_and_die, args=(tmp_path / "data" / "ledger.db",)
    )
    process.start()
    process.join()
    assert states(ledger) == {"a e1": "leased"}
    assert ledger.broken_off() == ["a"]
    assert ledger.new([A]) == [A]
    assert ledger.lease(A)


def test_a_lease_ends_with_its_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.discover([A])
    ledger.lease(A)
    late = time.time() + module.LEASE_SECONDS + 1
    monkeypatch.setattr(module.time, "time", lambda: late)
    assert ledger.broken_off() == ["a"]
    assert ledger.lease(A)


def test_content_under_another_key_is_found_only_while_it_stands(ledger: Ledger) -> None:
    take(ledger, A, "c1")
    assert ledger.holder("c1", besides="b") == "a"
    assert ledger.holder("c1", besides="a") is None
    take(ledger, export("a", "e2"), "c2")
    assert ledger.holder("c1", besides="b") is None
    assert states(ledger) == {"a e1": "replaced", "a e2": "committed"}


def test_of_two_that_commit_the_same_content_the_second_is_told(ledger: Ledger) -> None:
    ledger.discover([A, B])
    ledger.lease(A)
    ledger.lease(B)
    assert ledger.commit(A, "c1", "flows") is None
    assert ledger.commit(B, "c1", "flows") == "a"
    assert states(ledger) == {"a e1": "committed", "b e1": "leased"}


def test_a_duplicate_is_taken_when_what_it_repeats_is_replaced(ledger: Ledger) -> None:
    take(ledger, A, "c1")
    ledger.discover([B])
    ledger.lease(B)
    ledger.duplicate(B, "c1", of="a")
    assert ledger.new([A, B]) == []
    take(ledger, export("a", "e2"), "c2")
    assert ledger.new([export("a", "e2"), B]) == [B]


def test_a_version_that_comes_back_is_taken_again(ledger: Ledger) -> None:
    take(ledger, A, "c1")
    take(ledger, export("a", "e2"), "c2")
    assert ledger.new([A]) == [A]
    take(ledger, A, "c1")
    assert states(ledger) == {"a e1": "committed", "a e2": "replaced"}


def test_a_bad_version_leaves_the_good_one_in_its_place(ledger: Ledger) -> None:
    take(ledger, A, "c1")
    worse = export("a", "e2")
    ledger.discover([worse])
    ledger.lease(worse)
    ledger.quarantine(worse, "c2", "corrupt")
    assert states(ledger) == {"a e1": "committed", "a e2": "quarantined"}


def test_reopening_a_key_reopens_what_rested_on_it(ledger: Ledger) -> None:
    take(ledger, A, "c1")
    ledger.discover([B])
    ledger.lease(B)
    ledger.duplicate(B, "c1", of="a")
    newer = export("a", "e2")
    ledger.discover([newer])
    ledger.lease(newer)
    ledger.reopen("a")
    assert states(ledger) == {"a e1": "replaced", "a e2": "discovered", "b e1": "replaced"}


def test_another_bucket_needs_another_ledger(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.db", "mistyped"):
        pass
    with Ledger(tmp_path / "l.db", "netflow") as ledger:
        ledger.discover([A])
    with pytest.raises(SettingsError, match="DNSANOM_S3_BUCKET: other: this lake is pulled from netflow"):
        Ledger(tmp_path / "l.db", "other")


def test_a_file_that_is_no_ledger_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "l.db").write_bytes(b"something else" * 100)
    with pytest.raises(DnsanomError, match=r"l\.db: can't be opened as the ledger: file is not a database"):
        Ledger(tmp_path / "l.db")
