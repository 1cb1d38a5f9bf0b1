"""Which windows are final: those that no export still to come should add flows to.

An exporter sends a flow when its active timeout cuts it, so an export brings flows of windows that are older
by that much. The watermark is the newest time in the lake less the timeout and a margin for what was queued
on the way. When no export comes any more, the clock ends the wait.
"""

from collections.abc import Mapping

from dnsanom.dataset.moments import duration_ms, epoch_ms
from dnsanom.detect.lakehours import hour_of
from dnsanom.params import Detect
from dnsanom.store import lake as lakes
from dnsanom.store.lake_files import HOUR, Folder


def watermark(lake: Folder, hours: Mapping[int, set[str]], now: float, length: int, rules: Detect) -> int:
    """The end (epoch s) of the last window of `length` seconds that is final; 0 for an empty lake."""
    if not hours:
        return 0
    by_flows = newest(lake, max(hours)) - rules.active_timeout_seconds - rules.margin_seconds
    return int(max(by_flows, now - rules.settle_seconds)) // length * length


def newest(lake: Folder, hour: int) -> float:
    """When (epoch s) the last flow of an hour of the lake ended."""
    start = hour_of(hour)
    flows = lakes.read(lake, start, start + HOUR)
    ends = epoch_ms(flows.first_seen) + duration_ms(flows.duration)
    return int(flows.aggregate(end=ends.max()).to_pyarrow()["end"][0].as_py() or 0) / 1000


def until(files: Mapping[int, set[str]], cut: int) -> dict[int, set[str]]:
    """The hours that begin before the watermark `cut`; one that is not final to its end says so beside its
    files, so that it is due again when more of it is."""
    return {
        hour: names if hour + HOUR.total_seconds() <= cut else names | {f"final until {cut}"}
        for hour, names in files.items()
        if hour < cut
    }
