"""A batch of exports through a worker: fetched, decoded, validated in groups, staged."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from dnsanom.errors import ObjectGoneError, StoreError
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.exports import EXPORTS, ROWS
from dnsanom.settings import Settings
from dnsanom.store.export import ObjectInfo
from dnsanom.store.memory import is_large
from dnsanom.store.objects import ObjectStore
from dnsanom.store.staging import alone
from dnsanom.store.take import Outcome, Read, judge, read

#: Exports of a batch that are fetched at once, so that a store far away does not keep the work waiting.
FETCHERS = 4


@dataclass(frozen=True)
class Done:
    """Outcomes of a batch, in its order; with a `failure` of the store, of the exports before it."""

    outcomes: list[Outcome]
    failure: StoreError | None = None


class Worker:
    """What a process needs for its batches, opened once: the expectations, and a client of the store."""

    def __init__(self, settings: Settings, staging: Path) -> None:
        """Raises QualityError if the expectations can't be opened."""
        self.settings, self.staging = settings, staging
        self.context: Context = open_context(settings)
        self.store = ObjectStore(settings.s3)
        self.outcomes: list[Outcome] = []
        self.held: list[Read] = []

    def work(self, batch: Sequence[ObjectInfo]) -> Done:
        """Take a batch of exports apart. Raises QualityError if the expectations can't be run."""
        self.outcomes, self.held, failure = [], [], None
        try:
            for info, fetched in self._fetched(batch):
                self._take(info, fetched)
        except StoreError as error:
            failure = error
        self._judge()
        place = {info: n for n, info in enumerate(batch)}
        return Done(sorted(self.outcomes, key=lambda outcome: place[outcome.info]), failure)

    def _fetched(self, batch: Sequence[ObjectInfo]) -> Iterator[tuple[ObjectInfo, "Future[bytes]"]]:
        with ThreadPoolExecutor(FETCHERS) as threads:
            ahead = [(info, threads.submit(self.store.get, info.key, info.etag)) for info in batch]
            try:
                while ahead:
                    yield ahead.pop(0)
            finally:
                threads.shutdown(cancel_futures=True)

    def _take(self, info: ObjectInfo, fetched: "Future[bytes]") -> None:
        try:
            data = fetched.result()
        except ObjectGoneError as error:
            self.outcomes.append(Outcome(info, "gone", reason=str(error)))
            return
        if not is_large(data):
            self._hold(read(info, data, self.settings, self.staging))
            return
        self._judge()
        with alone(self.staging):
            self._hold(read(info, data, self.settings, self.staging))
            self._judge()

    def _hold(self, one: Read | Outcome) -> None:
        """Keep a decoded export until there are enough to be validated together."""
        if isinstance(one, Outcome):
            self.outcomes.append(one)
            return
        if len(self.held) == EXPORTS or sum(map(_flows, [*self.held, one])) > ROWS:
            self._judge()
        self.held.append(one)

    def _judge(self) -> None:
        if self.held:
            self.outcomes += judge(self.held, self.settings, self.context, self.staging)
            self.held = []


def _flows(one: Read) -> int:
    return int(one.decoded.flows.num_rows)
