"""A batch of exports through a worker: fetched, decoded, validated in groups, staged."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from dnsanom.errors import ObjectGoneError, StoreError
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.exports import EXPORTS, ROWS
from dnsanom.settings import Settings
from dnsanom.store.export import ObjectInfo
from dnsanom.store.objects import ObjectStore
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

    def work(self, batch: Sequence[ObjectInfo]) -> Done:
        """Take a batch of exports apart. Raises QualityError if the expectations can't be run."""
        outcomes: list[Outcome] = []
        held: list[Read] = []
        failure = None
        try:
            for one in self._read(batch):
                if isinstance(one, Outcome):
                    outcomes.append(one)
                    continue
                if len(held) == EXPORTS or (held and sum(map(_flows, [*held, one])) > ROWS):
                    outcomes += self._judge(held)
                    held = []
                held.append(one)
        except StoreError as error:
            failure = error
        outcomes += self._judge(held)
        held.clear()
        pa.default_memory_pool().release_unused()
        place = {info: n for n, info in enumerate(batch)}
        return Done(sorted(outcomes, key=lambda outcome: place[outcome.info]), failure)

    def _read(self, batch: Sequence[ObjectInfo]) -> Iterator[Read | Outcome]:
        with ThreadPoolExecutor(FETCHERS) as threads:
            ahead = [(info, threads.submit(self.store.get, info.key, info.etag)) for info in batch]
            try:
                while ahead:
                    yield self._arrived(*ahead.pop(0))
            finally:
                threads.shutdown(cancel_futures=True)

    def _arrived(self, info: ObjectInfo, fetched: "Future[bytes]") -> Read | Outcome:
        try:
            return read(info, fetched.result(), self.settings, self.staging)
        except ObjectGoneError as error:
            return Outcome(info, "gone", reason=str(error))

    def _judge(self, held: list[Read]) -> list[Outcome]:
        return judge(held, self.settings, self.context, self.staging) if held else []


def _flows(one: Read) -> int:
    return int(one.decoded.flows.num_rows)
