"""The ledger: new is what is unknown, a lease ends with its holder, and content is counted once."""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from dnsanom.errors import LeaseLostError, SettingsError
from dnsanom.store import ledger_owner
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def export(key: str, etag: str = "e1", size: int = 10) -> ObjectInfo:
    return ObjectInfo(key, etag, size, NOW)


A, B = export("a"), export("b")


def take(ledger: Ledger, info: ObjectInfo, content: str) -> str | None:
    ledger.discover([info])
    assert ledger.lease(info)
    return ledger.commit(info, content, "flows", rows=5, kept=4, bad=1)


def states(ledger: Ledger) -> dict[str, str]:
    return {f"{entry.key} {entry.etag}": entry.state for entry in ledger.entries()}


def expiry(ledger: Ledger) -> float:
    [entry] = ledger.entries()
    assert entry.expires is not None
    return entry.expires


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


def test_it_outlives_its_process(where: Path | SecretStr) -> None:
    with Ledger(where) as first:
        take(first, A, "c1")
    with Ledger(where) as second:
        assert second.new([A]) == []


def test_a_lease_keeps_others_off(ledger: Ledger, where: Path | SecretStr) -> None:
    ledger.discover([A, B])
    with Ledger(where) as other:
        assert ledger.lease_all([A, export("unknown")]) == [A]
        assert other.lease_all([A, B]) == [B]
        assert other.new([A]) == []
        assert other.broken_off() == []
        other.release(A, "not mine to give back")
        ledger.release(A, "store away")
        assert other.lease(A)
    [entry, _] = ledger.entries()
    assert (entry.tries, entry.reason, entry.finished) == (2, "store away", None)


def _lease_and_die(where: Path | SecretStr) -> None:
    Ledger(where).lease_all([A, B])


def test_a_lease_ends_with_the_process_that_took_it(ledger: Ledger, where: Path | SecretStr) -> None:
    ledger.discover([A, B])
    process = multiprocessing.get_context("spawn").Process(target=_lease_and_die, args=(where,))
    process.start()
    process.join()
    assert states(ledger) == {"a e1": "leased", "b e1": "leased"}
    assert ledger.new([A, B]) == [A, B]
    assert ledger.lease(A)
    assert ledger.broken_off() == ["b"]
    with Ledger(where) as other:
        assert other.broken_off() == []


def test_a_pid_that_is_used_anew_is_another_owner() -> None:
    host, pid, started, token = ledger_owner.me().split()
    assert not ledger_owner.gone(f"{host} {pid} {started} {token}")
    assert ledger_owner.gone(f"{host} {pid} {float(started) - 60:.2f} {token}")
    assert not ledger_owner.gone(f"elsewhere {pid} {float(started) - 60:.2f} {token}")


def test_what_broke_off_is_cleared_up_by_one(ledger: Ledger, where: Path | SecretStr) -> None:
    ledger.discover([A])
    with Ledger(where, lease_seconds=-1) as slow, Ledger(where) as other:
        slow.lease(A)
        assert ledger.broken_off() == ["a"]
        assert other.broken_off() == []
        ledger.reopen("a")
        assert other.lease(A)


def test_who_has_lost_a_lease_finishes_nothing(ledger: Ledger, where: Path | SecretStr) -> None:
    ledger.discover([A])
    with Ledger(where, lease_seconds=-1) as slow:
        assert slow.lease(A)
        assert ledger.lease(A)
        finishes: list[Callable[[], object]] = [
            lambda: slow.decoded(A),
            lambda: slow.commit(A, "c1", "flows"),
            lambda: slow.duplicate(A, "c1", "b"),
            lambda: slow.quarantine(A, "c1", "corrupt"),
        ]
        for finish in finishes:
            with pytest.raises(LeaseLostError, match=r"ledger.db: a: its|ledger_\w+: a: its lease is over"):
                finish()
    assert states(ledger) == {"a e1": "leased"}
    assert ledger.commit(A, "c1", "flows") is None


def test_a_lease_is_renewed_while_the_work_runs(where: Path | SecretStr) -> None:
    with Ledger(where, lease_seconds=60) as ledger, Ledger(where) as other:
        ledger.discover([A])
        ledger.lease(A)
        first = expiry(ledger)
        ledger.renew()
        assert expiry(ledger) == first
        ledger._renewed -= 21
        ledger.renew()
        assert expiry(ledger) > first
        assert not other.lease(A)
        ledger.decoded(A)
        assert states(other) == {"a e1": "decoded"}
        other._database._ahead = 100
        assert other.lease(A)


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


def test_another_bucket_needs_another_ledger(where: Path | SecretStr) -> None:
    with Ledger(where, "mistyped"):
        pass
    with Ledger(where, "netflow") as ledger:
        ledger.discover([A])
    with pytest.raises(SettingsError, match="DNSANOM_S3_BUCKET: other: this lake is pulled from netflow"):
        Ledger(where, "other")
