"""What the rules of params.yaml do in a pull: flows without a sampling rate, hours that grow old."""

import pytest
from made import export, in_lake, states

from dnsanom.params import Lake, SamplingRule
from dnsanom.quality import quarantine
from dnsanom.settings import Settings
from dnsanom.store import lake
from dnsanom.store.lake_files import everything
from dnsanom.store.objects import ObjectStore
from dnsanom.store.pull import pull

pytestmark = pytest.mark.servers


def with_rules(settings: Settings, **changes: object) -> Settings:
    return settings.model_copy(update={"params": settings.params.model_copy(update=changes)})


def test_flows_without_a_rate_are_taken_and_reported(stored: Settings, bucket: ObjectStore) -> None:
    """nfdump's CSV has no rate."""
    bucket.put("a", export(0))
    told = "sampling rate unknown: 20 flows of 192.0.2.1 are taken as they stand"
    assert told in "\n".join(pull(stored).lines())
    bucket.put("b", export(5))
    given = SamplingRule(exporters=("192.0.2.0/24",), policy="default", rate=100)
    assert not pull(with_rules(stored, sampling=(given,))).unknown_rates


def test_flows_without_a_rate_are_refused_by_reject(stored: Settings, bucket: ObjectStore) -> None:
    bucket.put("a", export(0))
    refusing = SamplingRule(exporters=("192.0.2.0/24",), policy="reject")
    report = pull(with_rules(stored, sampling=(refusing,)))
    [(key, reason)] = report.quarantined
    assert key == "a"
    assert "sampling_rate null: must be announced, by rule 0 of `sampling`" in reason
    assert in_lake(stored) == {}
    [entry] = quarantine.entries(stored.quarantine)
    assert entry.path.read_bytes() == export(0)


def test_old_hours_are_compacted_and_in_the_end_go(stored: Settings, bucket: ObjectStore) -> None:
    for minute in (0, 5, 10, 120, 300):
        bucket.put(f"at {minute}", export(minute))
    report = pull(with_rules(stored, lake=Lake(compact_after_hours=4, keep_days=None)))
    assert report.compacted == 3
    assert len(next(iter(everything(stored.lake).values()))) == 1
    assert in_lake(stored) == {f"at {minute}": 20 for minute in (0, 5, 10, 120, 300)}
    bucket.put("at 5", export(400, rows=3))
    assert pull(stored).committed == 1
    assert in_lake(stored)["at 5"] == 3
    bucket.put("at 600", export(600))
    report = pull(with_rules(stored, lake=Lake(compact_after_hours=None, keep_days=0.25)))
    assert (report.expired, len(lake.hours(stored.lake))) == (2, 3)
    assert states(stored)["at 0"] == "committed"
    assert pull(stored).new == 0
