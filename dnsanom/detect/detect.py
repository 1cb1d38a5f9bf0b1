"""Detection: the champion scores new exports, and what it flags becomes alerts."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from dnsanom.detect import state
from dnsanom.detect.alert import Alert, Detection, ModelRef, Scored
from dnsanom.detect.build import build, in_order, iso
from dnsanom.detect.final import until, watermark
from dnsanom.detect.follow import follow
from dnsanom.detect.gather import Gathered, gather
from dnsanom.detect.history import History
from dnsanom.detect.lakehours import count_flows, lake_files
from dnsanom.detect.merge import Merging, merging
from dnsanom.detect.score import HOUR, WINDOW_COLUMNS, ScoredSpan, Span, score_span, spans
from dnsanom.detect.tell import Teller
from dnsanom.model.bundle import Bundle, open_bundle
from dnsanom.settings import Settings
from dnsanom.store.lake_files import Folder

Deliver = Callable[[Detection], None]


def detect(
    settings: Settings,
    sources: list[str],
    view: str | None = None,
    model: str | None = None,
    deliver: Deliver | None = None,
    since: datetime | None = None,
    now: float | None = None,
) -> Detection:
    """Alerts of the exports that `sources` name; without any, of the lake's windows not scored yet.

    A source is a path, a glob, a folder or an s3:// URL. Several are one picture of the traffic, whatever
    their order. From the lake, only alerts that are new or have changed come back, and a later run
    remembers them once `deliver` has returned; hours that begin before `since` are left alone. A window of
    the lake waits until it is final at the time `now` (epoch s); flows that come later still open it again.

    Raises NoChampionError when the view has no model. A source that can't be read is no error, it is named
    in the result.
    """
    view = view or settings.params.detect.view
    bundle = open_bundle(settings, view, model)
    run = Run(settings, view, bundle, state.model_of(bundle.card) if model else state.champion_of(view))
    return run.over_sources(sources, deliver) if sources else run.over_lake(deliver, since, now)


def detect_to(
    settings: Settings,
    sources: list[str],
    view: str | None,
    model: str | None,
    out: Path,
    since: datetime | None = None,
) -> Detection:
    """`detect`, with the alerts written to `out` as JSON and beside it as an HTML page.

    When the lake has nothing new, files of an earlier run stay as they are.
    """

    def deliver(found: Detection) -> None:
        if not (found.idle and out.exists()):
            write(out, found)

    return detect(settings, sources, view, model, deliver, since)


def write(out: Path, found: Detection) -> None:
    """The alerts to `out` as JSON, and beside it as an HTML page."""
    from dnsanom.detect import output_html, output_json

    output_json.write(out, found.alerts)
    output_html.write(out.with_suffix(".html"), found)


@dataclass(frozen=True)
class Run:
    """One run: settings, view and model, and the reader of the lake whose memory it has."""

    settings: Settings
    view: str
    bundle: Bundle
    reader: str

    def over_sources(self, sources: list[str], deliver: Deliver | None) -> Detection:
        """Alerts of exports given by hand. They pass through a lake of their own, so memory stays flat."""
        with TemporaryDirectory(prefix="dnsanom-") as folder:
            lake = Path(folder) / "lake"
            gathered = gather(self.settings, sources, lake)
            scored = self._score(lake, self._spans(lake, lake_files(lake)))
            alerts, lone = self._alerts(lake, _windows(scored))
        return _delivered(self._detection(alerts, scored, gathered, lone=lone), deliver)

    def over_span(
        self, lake: Folder, since: int, until: int, only: tuple[int, int] | None = None
    ) -> list[Alert]:
        """Alerts of a lake's windows in [since, until) (epoch s), by no memory and for nobody's.

        With `only`, windows outside of it are left out, as if they had never been flagged.
        """
        hours = [hour for hour in lake_files(lake) if since - HOUR < hour < until]
        parts = [Span(max(p.since, since), min(p.until, until)) for p in self._spans(lake, hours)]
        windows = _windows(self._score(lake, [part for part in parts if part.since < part.until]))
        if only and len(windows):
            windows = windows[(windows["window"] >= only[0]) & (windows["window"] < only[1])]
        return self._alerts(lake, windows)[0]

    def _alerts(self, lake: Folder, windows: pd.DataFrame) -> tuple[list[Alert], int]:
        """Alerts of flagged windows, told, and how many incidents are too small for one."""
        merged = self._merging.incidents(windows)
        built = build(merged, self.view, self.bundle.card, self._model)
        loud = [n for n, a in enumerate(built) if self._merging.alerted(a["windows"], a["packets"])]
        parts = dict(list(merged.groupby("incident", sort=True)))
        alerts = self._teller(lake).tell([built[n] for n in loud], [parts[n] for n in loud], merged)
        return alerts, len(built) - len(loud)

    def over_lake(
        self, deliver: Deliver | None, since: datetime | None, now: float | None = None
    ) -> Detection:
        """New and changed alerts of the lake's final windows that this reader has not scored as they are."""
        lake = self.settings.lake
        held = lake_files(lake)
        cut = watermark(lake, held, now or time.time(), self._length, self.settings.params.detect)
        files = until(held, cut)
        with state.opened(self.settings.data / "detect.db", self.reader) as memory:
            self._pass_over_learned(memory, files)
            due = [hour for hour in memory.due(files) if since is None or hour >= since.timestamp()]
            parts = [p for part in self._spans(lake, due) if (p := part.before(cut))]
            scored = self._score(lake, parts)
            windows = _windows(scored)
            changes = follow(memory, parts, windows, self._merging, self._teller(lake), self._model)
            memory.mark(files, due)
            found = self._detection(changes.alerts, scored, None, len(due), changes.withdrawn, changes.lone)
            return _delivered(found, deliver)

    def is_alert(self, alert: Alert) -> bool:
        """Whether an incident is large enough to be one."""
        return self._merging.alerted(alert["windows"], alert["packets"])

    def _pass_over_learned(self, memory: state.State, files: dict[int, set[str]]) -> None:
        """The first champion does not alert what it learned from: its hours count as scored."""
        learned = self.learned_until()
        if learned and self.reader == state.champion_of(self.view) and memory.is_new():
            memory.mark(files, [hour for hour in files if hour < learned])

    def learned_until(self) -> int:
        """When (epoch s) the first hour begins that the model has not learned from; 0 if it does not say."""
        learned = self.bundle.card.get("learned_until")
        return -int(-datetime.fromisoformat(learned).timestamp() // HOUR) * HOUR if learned else 0

    @property
    def _length(self) -> int:
        return int(self.bundle.card["window_seconds"])

    @property
    def _model(self) -> ModelRef:
        version = self.bundle.card["version"]
        return ModelRef(name=str(self.bundle.card["name"]), version=None if version is None else str(version))

    @property
    def _merging(self) -> Merging:
        return merging(self.settings.params, self._length)

    def _teller(self, lake: Folder) -> Teller:
        return Teller(self.bundle, History(lake, self.settings, self.view, self._length))

    def _spans(self, lake: Folder, hours: Iterable[int]) -> list[Span]:
        return spans({hour: count_flows(lake, hour) for hour in hours}, self._length)

    def _score(self, lake: Folder, parts: list[Span]) -> list[ScoredSpan]:
        return [score_span(lake, part, self.settings, self.view, self.bundle) for part in parts]

    def _detection(
        self,
        alerts: list[Alert],
        scored: list[ScoredSpan],
        gathered: Gathered | None,
        hours: int = 0,
        withdrawn: tuple[str, ...] = (),
        lone: int = 0,
    ) -> Detection:
        told = gathered or Gathered()
        return Detection(
            alerts=in_order(alerts),
            view=self.view,
            model=self._model,
            threshold=float(self.bundle.card["threshold"]),
            scored=_total(scored, hours),
            from_lake=gathered is None,
            sources=told.sources,
            unread=tuple(told.unread),
            ignored=tuple(told.ignored),
            rejected=told.rejected,
            withdrawn=withdrawn,
            lone=lone,
        )


def _windows(scored: list[ScoredSpan]) -> pd.DataFrame:
    flagged = [part.windows for part in scored if len(part.windows)]
    return pd.concat(flagged, ignore_index=True) if flagged else pd.DataFrame(columns=[*WINDOW_COLUMNS])


def _total(scored: list[ScoredSpan], hours: int) -> Scored:
    firsts = [part.first for part in scored if part.first is not None]
    lasts = [part.last for part in scored if part.last is not None]
    return Scored(
        hours=hours,
        rows=sum(part.rows for part in scored),
        flows=sum(part.flows for part in scored),
        first=iso(min(firsts)) if firsts else None,
        last=iso(max(lasts)) if lasts else None,
    )


def _delivered(found: Detection, deliver: Deliver | None) -> Detection:
    if deliver:
        deliver(found)
    return found
