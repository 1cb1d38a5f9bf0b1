"""New exports of the store into the lake: fetch, decode, validate, write, commit; none twice, none lost.

Fetching runs in threads, decoding and validating in processes; this process alone writes lake and ledger, in
the listing's order. An export is committed after its rows are in the lake. If the pull breaks off, what was
not committed is taken out again and comes anew with the next pull.
"""

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from dnsanom.errors import DecodeError, DnsanomError, ObjectGoneError, StoreEmptyError, StoreError
from dnsanom.progress import Progress
from dnsanom.quality import quarantine
from dnsanom.settings import Settings
from dnsanom.store import lake, truth
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger
from dnsanom.store.objects import ObjectStore
from dnsanom.store.report import PullReport
from dnsanom.store.take import Outcome
from dnsanom.store.workers import Submit, workers

#: Exports that are fetched ahead, and exports at work for each process: what bounds the memory.
AHEAD, AT_WORK = 4, 3


def pull(
    settings: Settings, progress: Progress | None = None, dry_run: bool = False, processes: int = 2
) -> PullReport:
    """Take what is new in the configured bucket and prefix; `dry_run` only says what that is.

    Raises StoreAwayError, StoreDeniedError, StoreEmptyError (no bucket, or nothing under the prefix) and
    QualityError; what was committed before stays.
    """
    store = ObjectStore(settings.s3)
    with Ledger(settings.ledger, settings.s3.bucket) as ledger:
        job = _Job(settings, store, ledger, progress)
        new = job.listing()
        if dry_run:
            job.report.planned = [info.key for info in new]
        else:
            job.run(new, processes)
        return job.report


class _Job:
    """One pull: its report, the leases that it holds, and the exports at work."""

    def __init__(
        self, settings: Settings, store: ObjectStore, ledger: Ledger, progress: Progress | None
    ) -> None:
        self.settings, self.store, self.ledger, self.progress = settings, store, ledger, progress
        self.report = PullReport()
        self.began = time.monotonic()
        self.leased: set[ObjectInfo] = set()
        self.writing: str | None = None
        self.at_work: deque[tuple[ObjectInfo, bytes, str, Future[Outcome]]] = deque()

    def listing(self) -> list[ObjectInfo]:
        """The new exports. Raises StoreEmptyError when there is no object at all."""
        new = self.ledger.new(self._counted(self.store.list(self.settings.s3.prefix)))
        if not self.report.seen:
            raise StoreEmptyError(f"{self.store.where}: nothing under prefix {self.settings.s3.prefix!r}")
        self.report.new = len(new)
        return new

    def run(self, new: list[ObjectInfo], processes: int) -> None:
        """Take the exports and give back what is left of the leases, whatever happens."""
        for key in self.ledger.broken_off():
            self._take_back(key)
        self.ledger.discover(new)
        try:
            with workers(self.settings, len(new), processes) as submit:
                self._take_all(new, submit, AT_WORK * processes)
        except BrokenProcessPool as error:
            raise DnsanomError(
                "pull: a worker process was killed; the next pull goes on from here"
            ) from error
        finally:
            self._give_back()
        self._tell()

    def _take_all(self, new: list[ObjectInfo], submit: Submit, limit: int) -> None:
        try:
            for info, data in self._fetched(new):
                self._begin(info, data, submit)
                if len(self.at_work) >= limit:
                    self._finish_next()
        except StoreError:
            self._finish_all()
            raise
        self._finish_all()

    def _fetched(self, new: Iterable[ObjectInfo]) -> Iterator[tuple[ObjectInfo, bytes]]:
        """The exports that this pull has leased, with their bytes, fetched ahead."""
        with ThreadPoolExecutor(AHEAD) as threads:
            ahead: deque[tuple[ObjectInfo, Future[bytes]]] = deque()
            for info in new:
                if self.ledger.lease(info):
                    self.leased.add(info)
                    ahead.append((info, threads.submit(self.store.get, info.key, info.etag)))
                if len(ahead) > AHEAD:
                    yield from self._arrived(*ahead.popleft())
            while ahead:
                yield from self._arrived(*ahead.popleft())

    def _arrived(self, info: ObjectInfo, bytes_: "Future[bytes]") -> Iterator[tuple[ObjectInfo, bytes]]:
        try:
            yield info, bytes_.result()
        except ObjectGoneError as error:
            self.ledger.release(info, str(error))
            self._done(info)
            self.report.gone.append((info.key, str(error)))

    def _begin(self, info: ObjectInfo, data: bytes, submit: Submit) -> None:
        digest = hashlib.sha256(data).hexdigest()
        if any(digest == other for _, _, other, _ in self.at_work):
            self._finish_all()
        holder = self.ledger.holder(digest, info.key)
        if holder is not None:
            self._duplicate(info, digest, holder)
        else:
            self.at_work.append((info, data, digest, submit(data, info.key)))

    def _finish_all(self) -> None:
        while self.at_work:
            self._finish_next()

    def _finish_next(self) -> None:
        info, data, digest, future = self.at_work.popleft()
        outcome = future.result()
        if outcome.kind == "flows":
            self._flows(info, digest, outcome)
        elif outcome.kind == "truth":
            self._truth(info, data, digest)
        else:
            self._quarantine(info, data, digest, outcome.reason)

    def _flows(self, info: ObjectInfo, digest: str, outcome: Outcome) -> None:
        bad = outcome.bad.num_rows
        kept = None if not bad else quarantine.keep_rows(self.settings.quarantine, info.key, outcome.bad)
        self.writing = info.key
        known = self.ledger.taken_before(info.key)
        flows = lake.write(self.settings.lake, outcome.flows, info.key, known)
        holder = self.ledger.commit(info, digest, "flows", outcome.rows, flows, bad)
        if holder is not None:
            lake.remove(self.settings.lake, info.key)
            return self._duplicate(info, digest, holder)
        truth.remove(self.settings.truth, info.key)
        self.report.committed += 1
        self.report.flows += flows
        self.report.dropped += outcome.dropped
        if kept is not None:
            self.report.bad_rows.append((info.key, bad, kept.reason))
        return self._done(info)

    def _truth(self, info: ObjectInfo, data: bytes, digest: str) -> None:
        try:
            rows = truth.keep(self.settings.truth, info.key, data)
        except DecodeError as error:
            return self._quarantine(info, data, digest, str(error).removeprefix(f"{info.key}: "))
        holder = self.ledger.commit(info, digest, "truth", rows)
        if holder is not None:
            return self._duplicate(info, digest, holder)
        lake.remove(self.settings.lake, info.key)
        self.report.truth_files.append(info.key)
        return self._done(info)

    def _quarantine(self, info: ObjectInfo, data: bytes, digest: str, reason: str) -> None:
        quarantine.keep_file(self.settings.quarantine, info.key, data, reason)
        self.ledger.quarantine(info, digest, reason)
        self.report.quarantined.append((info.key, reason))
        self._done(info)

    def _duplicate(self, info: ObjectInfo, digest: str, holder: str) -> None:
        """The same content stands under another key: what this key brought before leaves the lake."""
        if self.ledger.taken_before(info.key):
            lake.remove(self.settings.lake, info.key)
        truth.remove(self.settings.truth, info.key)
        self.ledger.duplicate(info, digest, holder)
        self.report.duplicates.append((info.key, holder))
        self._done(info)

    def _done(self, info: ObjectInfo) -> None:
        self.leased.discard(info)
        self.writing = None
        self._tell()

    def _give_back(self) -> None:
        """Leases that are left when the pull breaks off; rows that were half written leave the lake."""
        if self.writing is not None:
            self._take_back(self.writing)
        for info in self.leased:
            self.ledger.release(info, "the pull broke off")

    def _take_back(self, key: str) -> None:
        lake.remove(self.settings.lake, key)
        self.ledger.reopen(key)

    def _counted(self, infos: Iterable[ObjectInfo]) -> Iterator[ObjectInfo]:
        for info in infos:
            self.report.seen += 1
            yield info

    def _tell(self) -> None:
        self.report.seconds = time.monotonic() - self.began
        if self.progress is not None and self.report.new:
            note = f"{self.report.flows:,} flows, {self.report.rate:,.0f} flows/s"
            self.progress(self.report.done, self.report.new, note)
