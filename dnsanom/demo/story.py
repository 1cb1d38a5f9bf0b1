"""The demo's steps, in the order in which the data passes. Each is the function that its command calls."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dnsanom.cli.output import bar, say
from dnsanom.dataset import freeze, version
from dnsanom.demo import exports, summary
from dnsanom.detect.alert import Alert
from dnsanom.detect.detect import detect_to
from dnsanom.model.promote import promote
from dnsanom.params import View
from dnsanom.quality import docs
from dnsanom.servers import objectstore
from dnsanom.settings import S3, Settings, load_settings
from dnsanom.store.objects import ObjectStore
from dnsanom.store.pull import pull
from dnsanom.store.report import PullReport

VIEWS: tuple[View, ...] = ("window", "flow")


def demo() -> None:
    """Run every step and print what it shows; a second run finds nothing new and says so."""
    with _store(load_settings()) as settings:
        _simulate(settings)
        learned = _pull(settings, "the day to learn from", exports.NEW)
        _learn(settings, learned.new > 0)
        unseen = _pull(settings, "two hours that no model has seen", exports.NEW + exports.UNSEEN)
        _detect(settings)
        pages = _pages(settings, learned.new + unseen.new > 0)
        _step("What there is to see")
        _say_all(summary.lines(settings, VIEWS, _newest_alerts(settings), pages))


@contextmanager
def _store(settings: Settings) -> Iterator[Settings]:
    """Settings with a store that runs: the one that they name, else the embedded one meanwhile."""
    if settings.s3.endpoint or settings.s3.access_key:
        yield settings
        return
    ran_before = objectstore.running(settings.var) is not None
    store = objectstore.start(settings.var)
    named = {"endpoint": store.endpoint, "access_key": store.access_key, "secret_key": store.secret_key}
    try:
        yield settings.model_copy(update={"s3": S3.model_validate({**settings.s3.model_dump(), **named})})
    finally:
        if not ran_before:
            objectstore.stop(settings.var)


def _simulate(settings: Settings) -> None:
    _step("Simulate: a day and two hours of an ISP's DNS traffic, as nfcapd files")
    with bar("exports") as progress:
        exports.make(_exports(settings), settings.params.dns, progress)


def _pull(settings: Settings, what: str, until: datetime) -> PullReport:
    _step(f"Upload and pull: {what}")
    with bar("upload") as progress:
        sent = exports.upload(_exports(settings), ObjectStore(settings.s3), until, progress)
    say(f"{sent} exports uploaded" if sent else "all of them are in the store already")
    with bar("pull") as progress:
        report = pull(settings, progress)
    _say_all(report.lines())
    return report


def _learn(settings: Settings, new: bool) -> None:
    """Learn from the day. What was frozen stays the version: later hours bring late flows of its end."""
    _step("Freeze, prepare, sweep, evaluate: a version of the data, and models of it (dvc repro)")
    if new or not settings.flows.with_suffix(".dvc").exists():
        freeze.freeze(settings, exports.START, exports.NEW)
        say(f"frozen flows, version {version.track_flows(settings)}")
    else:
        say("the day's flows are frozen already")
    with bar("dvc") as progress:
        ran = version.repro(settings, progress=progress)
    say(f"stages that ran: {', '.join(ran)}" if ran else "nothing has changed since the last dvc repro")
    _step("Promote: the gate compares with the champion on the same test rows")
    for view in VIEWS:
        verdict = promote(settings, view)
        say(f"{view}: {'promoted' if verdict.promote else 'not promoted'}: {'; '.join(verdict.reasons)}")
    version.push(settings)


def _detect(settings: Settings) -> None:
    _step("Detect: the champion scores what no model has seen")
    found = detect_to(settings, [], "window", None, _alerts(settings))
    _say_all(found.lines())
    if found.alerts:
        _say_all([summary.agreement(found.alerts, exports.unseen_truth(_exports(settings)))])


def _newest_alerts(settings: Settings) -> list[Alert]:
    alerts: list[Alert] = json.loads(_alerts(settings).read_text())
    return alerts


def _pages(settings: Settings, validated: bool) -> dict[str, Path]:
    """Names and places of the pages; Data Docs are built anew when exports have been validated."""
    if validated:
        _step("Data Docs: a page for every validated export")
    index = docs.build(settings) if validated else docs.index(settings)
    reports = {f"report {view}": settings.report(view) / "report.html" for view in VIEWS}
    return {"alerts": _alerts(settings).with_suffix(".html"), **reports, "Data Docs": index}


def _exports(settings: Settings) -> Path:
    return settings.var / "demo" / "exports"


def _alerts(settings: Settings) -> Path:
    return settings.data / "alerts" / "alerts.json"


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(f"  {line}")


def _step(title: str) -> None:
    say(f"\n{datetime.now():%H:%M:%S}  {title}")
