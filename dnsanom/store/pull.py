"""New exports of the store into the lake: fetch, decode, validate, write, commit; none twice, none lost.

Workers take exports batch by batch: they fetch, decode and validate them, and write Parquet beside the lake.
This process alone publishes what they wrote and writes the ledger, in the listing's order. An export is
committed after its rows are in the lake. If the pull breaks off, what was not committed is taken out again
and comes anew with the next pull.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta

from dnsanom.errors import DnsanomError, StoreEmptyError, StoreError
from dnsanom.progress import Progress
from dnsanom.settings import Settings
from dnsanom.store import compact, lake
from dnsanom.store.batches import batches
from dnsanom.store.export import ObjectInfo
from dnsanom.store.ledger import Ledger
from dnsanom.store.objects import ObjectStore
from dnsanom.store.report import PullReport
from dnsanom.store.settle import Settling
from dnsanom.store.staging import staging
from dnsanom.store.work import Done
from dnsanom.store.workers import Submit, workers

#: Batches at work for each process: what it works on, and what it finds when that is done.
AT_WORK = 3


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
    """One pull: its report, the leases that it holds, and the batches at work."""

    def __init__(
        self, settings: Settings, store: ObjectStore, ledger: Ledger, progress: Progress | None
    ) -> None:
        self.settings, self.store, self.ledger, self.progress = settings, store, ledger, progress
        self.report = PullReport()
        self.began = time.monotonic()
        self.leased: set[ObjectInfo] = set()
        self.at_work: deque[Future[Done]] = deque()
        self.failure: StoreError | None = None

    def listing(self) -> list[ObjectInfo]:
        """The new exports. Raises StoreEmptyError when there is no object at all."""
        new = self.ledger.new(self._counted(self.store.list(self.settings.s3.prefix)))
        if not self.report.seen:
            raise StoreEmptyError(f"{self.store.where}: nothing under prefix {self.settings.s3.prefix!r}")
        self.report.new = len(new)
        return new

    def run(self, new: list[ObjectInfo], processes: int) -> None:
        """Take the exports and give back what is left of the leases, whatever happens."""
        self._take_back(self.ledger.broken_off())
        self.ledger.discover(new)
        with staging(self.settings.data) as folder:
            settling = Settling(self.settings, self.ledger, self.report, folder)
            try:
                with workers(self.settings, folder, new, processes) as submit:
                    self._take_all(batches(new), submit, settling, AT_WORK * processes)
            except BrokenProcessPool as error:
                raise DnsanomError(
                    "pull: a worker process was killed; the next pull goes on from here"
                ) from error
            finally:
                self._give_back(settling)
        self._tell()
        self._tend()

    def _take_all(
        self, all_: Iterable[list[ObjectInfo]], submit: Submit, settling: Settling, limit: int
    ) -> None:
        """All batches, and what is at work to its end when the store fails."""
        for batch in all_:
            leased = self.ledger.lease_all(batch)
            self.leased.update(leased)
            if leased:
                self.at_work.append(submit(leased))
            if len(self.at_work) >= limit:
                self._finish_next(settling)
            if self.failure is not None:
                break
        while self.at_work:
            self._finish_next(settling)
        if self.failure is not None:
            raise self.failure

    def _finish_next(self, settling: Settling) -> None:
        done = self.at_work.popleft().result()
        settling.settle(done.outcomes)
        self.failure = self.failure or done.failure
        self.leased.difference_update(outcome.info for outcome in done.outcomes)
        self.ledger.renew()
        self._tell()

    def _give_back(self, settling: Settling) -> None:
        """Leases that are left when the pull breaks off; rows that were half written leave the lake."""
        self._take_back(sorted(settling.writing))
        with self.ledger.together():
            for info in self.leased:
                self.ledger.release(info, "the pull broke off")

    def _take_back(self, keys: Sequence[str]) -> None:
        """Take rows that were not committed out of the lake; their exports are to be taken again."""
        if keys:
            with self.ledger.alone():
                lake.remove(self.settings.lake, *keys)
            with self.ledger.together():
                for key in keys:
                    self.ledger.reopen(key)

    def _tend(self) -> None:
        """Old hours' small files become one each, and hours past their time go."""
        held, rules = lake.hours(self.settings.lake), self.settings.params.lake
        if held and rules.keep_days is not None:
            with self.ledger.alone():
                self.report.expired = compact.expire(self.settings.lake, rules.keep_days)
        if held and rules.compact_after_hours is not None:
            before = held[-1] - timedelta(hours=rules.compact_after_hours)
            self.report.compacted = compact.compact(self.settings.lake, before, self.ledger.alone)

    def _counted(self, infos: Iterable[ObjectInfo]) -> Iterator[ObjectInfo]:
        for info in infos:
            self.report.seen += 1
            yield info

    def _tell(self) -> None:
        self.report.seconds = time.monotonic() - self.began
        if self.progress is not None and self.report.new:
            note = f"{self.report.flows:,} flows, {self.report.rate:,.0f} flows/s"
            self.progress(self.report.done, self.report.new, note)
