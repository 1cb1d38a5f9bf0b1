"""What the ledger tells of exports: their reports, how late they came, and what is opened again."""

import pytest
from test_ledger import A, B, export, states, take

from dnsanom.errors import BadUseError, LeaseLostError
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger


def test_the_report_of_an_export_is_kept(ledger: Ledger) -> None:
    ledger.discover([A, B])
    ledger.lease_all([A, B])
    ledger.release(A, "store away")
    ledger.lease(A)
    ledger.commit(
        A, "c1", "flows", 9, 5, 1, dropped=3, missing=("tos", "tcp_flags"), format="goflow2", seen=(20, 70)
    )
    ledger.quarantine(B, "c2", "row 3: \0\ud800", rows=4, bad=4, missing=["tos"], format="csv48")
    a, b = ledger.entries()
    assert (a.rows, a.kept, a.bad, a.dropped, a.missing, a.format) == (
        9,
        5,
        1,
        3,
        "tos, tcp_flags",
        "goflow2",
    )
    assert (a.reason, a.first_seen, a.last_seen, a.owner, a.expires) == (None, 20, 70, None, None)
    assert (b.rows, b.bad, b.missing, b.format, b.reason) == (4, 4, "tos", "csv48", r"row 3: \0\ud800")
    assert [(t.state, t.exports, t.rows, t.kept) for t in ledger.totals()] == [
        ("committed", 1, 9, 5),
        ("quarantined", 1, 4, 0),
    ]


def test_an_object_that_is_gone_is_taken_if_it_comes_back(ledger: Ledger) -> None:
    ledger.discover([A])
    ledger.lease(A)
    ledger.gone(A, "404")
    assert states(ledger) == {"a e1": "gone"}
    assert ledger.new([A]) == [A]
    ledger.discover([A])
    assert states(ledger) == {"a e1": "discovered"}
    assert take(ledger, A, "c1") is None


def test_late_exports_are_known_by_how_far_behind_they_came(ledger: Ledger) -> None:
    assert ledger.newest() is None
    for key, seen in (("a", (0, 300)), ("b", (250, 600)), ("late", (10, 290)), ("c", (590, 900))):
        ledger.discover([export(key)])
        ledger.lease(export(key))
        ledger.commit(export(key), key, "flows", seen=seen)
    take(ledger, export("truth.csv"), "t")
    assert ledger.newest() == 900
    came = ledger.arrived()
    assert [(e.key, e.behind) for e in came[:4]] == [("a", 0), ("b", 50), ("late", 590), ("c", 10)]
    assert [e.key for e in ledger.arrived(after=came[1].serial or 0)] == ["late", "c", "truth.csv"]


def _commit_together(ledger: Ledger, *infos: ObjectInfo) -> None:
    with ledger.together():
        for info in infos:
            assert ledger.commit(info, info.key, "flows") is None


def test_what_is_done_together_is_done_in_full_or_not_at_all(ledger: Ledger) -> None:
    ledger.discover([A, B])
    ledger.lease_all([A, B])
    with pytest.raises(LeaseLostError):
        _commit_together(ledger, A, export("not leased"))
    assert states(ledger) == {"a e1": "leased", "b e1": "leased"}
    with ledger.together():
        assert ledger.commit(A, "c1", "flows") is None
        assert ledger.commit(B, "c1", "flows") == "a"
        ledger.duplicate(B, "c1", of="a")
    assert states(ledger) == {"a e1": "committed", "b e1": "duplicate"}


def test_quarantined_exports_are_opened_again(ledger: Ledger) -> None:
    take(ledger, export("good"), "c0")
    ledger.discover([A, B])
    for info in ledger.lease_all([A, B]):
        ledger.quarantine(info, info.key, "corrupt")
    with pytest.raises(BadUseError, match="good: it is committed; only quarantined exports can be retried"):
        ledger.retry(["a", "good"])
    with pytest.raises(BadUseError, match="nowhere: no export of this key is known"):
        ledger.retry(["nowhere"])
    assert ledger.new([A, B]) == []
    assert ledger.retry(["b"]) == ["b"]
    assert ledger.new([A, B]) == [B]
    assert ledger.retry() == ["a"]
    assert take(ledger, A, "a") is None
    assert states(ledger) == {"a e1": "committed", "b e1": "discovered", "good e1": "committed"}
    assert ledger.retry() == []
