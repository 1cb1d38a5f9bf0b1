"""Where exports are taken apart: in other processes when there are many, in this one when there are few."""

import atexit
import gc
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from dnsanom.settings import Settings
from dnsanom.store.export import ObjectInfo
from dnsanom.store.memory import give_back_at_once, tidy
from dnsanom.store.work import Done, Worker

#: Up to so many exports and bytes are quicker here than processes that import Great Expectations start.
FEW, LITTLE = 4, 64 << 20
WARM = "dnsanom.store.warm"

Submit = Callable[[Sequence[ObjectInfo]], "Future[Done]"]


@contextmanager
def workers(settings: Settings, staging: Path, new: Sequence[ObjectInfo], processes: int) -> Iterator[Submit]:
    """A function that takes a batch of exports and gives a future of what was done; the processes end then.

    What is taken from the store goes no way through this process: a worker fetches it, and leaves files.
    """
    packed = pickle.dumps((settings, staging))
    little = len(new) <= FEW and sum(info.size for info in new) <= LITTLE
    if little or processes < 2:
        yield lambda batch: _at_once(packed, batch)
        return
    pool = process_pool(processes)
    try:
        yield lambda batch: pool.submit(work, packed, batch)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def process_pool(processes: int) -> ProcessPoolExecutor:
    """Worker processes that leave Ctrl-C to this process and end with it, however it ends.

    They are forks of a process that has imported what they need and started no thread: a fork of this one
    would inherit locks of threads (Arrow's, DuckDB's, the fetchers') that it does not have. The other lasts
    as long as this one, so that a later pull need not wait for the imports again.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([WARM])
    return ProcessPoolExecutor(processes, context, initializer=_prepare)


def _prepare() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    give_back_at_once()
    # To take apart the million objects of Great Expectations, which hold nothing, would take a second.
    atexit.register(os._exit, 0)


def _end_with_parent() -> None:
    """After a kill -9 of the parent nobody tells a worker to end, and it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def work(packed: bytes, batch: Sequence[ObjectInfo]) -> Done:
    """A batch, with pickled settings and staging folder, in a process of the pool."""
    done = _lasting_worker(packed).work(batch)
    tidy()
    return done


@lru_cache(maxsize=1)
def _lasting_worker(packed: bytes) -> Worker:
    """The worker of a process that does nothing else: what opening it made is never looked through again."""
    worker = _worker(packed)
    gc.freeze()
    return worker


@lru_cache(maxsize=1)
def _worker(packed: bytes) -> Worker:
    settings, staging = pickle.loads(packed)
    return Worker(settings, staging)


def _at_once(packed: bytes, batch: Sequence[ObjectInfo]) -> "Future[Done]":
    future: Future[Done] = Future()
    try:
        future.set_result(_worker(packed).work(batch))
    except Exception as error:  # noqa: BLE001 - raised again by whoever asks for the result
        future.set_exception(error)
    return future
