"""Where exports are taken apart: in other processes when there are many, in this one when there are few."""

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache

from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.settings import S3, Settings
from dnsanom.store.take import Outcome, take

#: Up to this many exports are quicker here than the start of processes that import Great Expectations.
FEW = 4

Submit = Callable[[bytes, str], "Future[Outcome]"]


@contextmanager
def workers(settings: Settings, exports: int, processes: int) -> Iterator[Submit]:
    """A function that takes (bytes, key) and gives a future Outcome; the processes end with the context."""
    # Workers never talk to the store, so its keys stay here.
    packed = pickle.dumps(settings.model_copy(update={"s3": S3()}))
    if exports <= FEW or processes < 2:
        yield lambda data, key: _at_once(packed, data, key)
        return
    pool = process_pool(processes)
    try:
        yield lambda data, key: pool.submit(work, packed, data, key)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def process_pool(processes: int) -> ProcessPoolExecutor:
    """Worker processes that leave Ctrl-C to this process and end with it, however it ends."""
    # Spawned: a fork would inherit locks of threads (Arrow's, DuckDB's, the fetchers') that it does not have.
    return ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_prepare)


def _prepare() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """After a kill -9 of the parent nobody tells a worker to end, and it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def work(packed: bytes, data: bytes, key: str) -> Outcome:
    """`take` with pickled settings, in a process that opens the expectations once for all its exports."""
    settings, context = _opened(packed)
    return take(data, key, settings, context)


@lru_cache(maxsize=1)
def _opened(packed: bytes) -> tuple[Settings, Context]:
    settings: Settings = pickle.loads(packed)
    return settings, open_context(settings)


def _at_once(packed: bytes, data: bytes, key: str) -> "Future[Outcome]":
    future: Future[Outcome] = Future()
    try:
        future.set_result(work(packed, data, key))
    except Exception as error:  # noqa: BLE001 - raised again by whoever asks for the result
        future.set_exception(error)
    return future
