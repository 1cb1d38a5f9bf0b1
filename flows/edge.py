"""The edge between Prefect and dnsanom: errors, retries and progress."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec

from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import FailedRun
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.tasks import Task, exponential_backoff

from dnsanom.errors import (
    BadUseError,
    DnsanomError,
    NoChampionError,
    StoreDeniedError,
    StoreEmptyError,
)
from dnsanom.progress import Progress

P = ParamSpec("P")
#: What another try would meet again.
LASTING = (BadUseError, NoChampionError, StoreDeniedError, StoreEmptyError)


def passing(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a failure may pass by itself: a server that is away, not a wrong key or a missing champion."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, DnsanomError | OSError) and not isinstance(error, LASTING)


#: Options of a task that reads or writes a server: three more tries after about 5, 10 and 20 seconds.
RETRIED: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(5),
    "retry_jitter_factor": 0.2,
    "retry_condition_fn": passing,
    "cache_policy": NO_CACHE,
}
#: Options of a task that only computes: what failed once fails again.
ONCE: dict[str, Any] = {"cache_policy": NO_CACHE}


def by_time() -> str:
    """Name of a run: the minute that it was scheduled for, in UTC, instead of one that says nothing."""
    return f"{flow_run.scheduled_start_time or datetime.now(UTC):%Y-%m-%d %H:%M}"


def one_line(run: Callable[P, State[Any]]) -> Callable[P, State[Any]]:
    """A flow that ends with dnsanom's error as its state's message, on one line, instead of a traceback."""

    @wraps(run)
    def told(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
        for name in ("prefect.task_runs", "prefect.flow_runs", "prefect.engine"):
            logging.getLogger(name).addFilter(without_traceback)
        try:
            return run(*args, **kwargs)
        except DnsanomError as error:
            return Failed(message=str(error))

    return told


def without_traceback(record: logging.LogRecord) -> bool:
    """Takes the traceback of a foreseen failure out of a log record, unless Prefect logs at level DEBUG."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, DnsanomError | FailedRun) and not logging.getLogger("prefect").isEnabledFor(
        logging.DEBUG
    ):
        record.exc_info = record.exc_text = None
    return True


def done(message: str, name: str | None = None) -> State[Any]:
    """The end of a run that went well: `message` is what the list of runs shows beside it."""
    get_run_logger().info(message)
    return Completed(message=message, name=name)


def logged(title: str, every: float = 10.0) -> Progress:
    """A progress callback that writes to the run's log, at most once in `every` seconds and at the end."""
    logger = get_run_logger()
    last = time.monotonic()

    def tell(count: int, total: int, note: str) -> None:
        nonlocal last
        if count == total or time.monotonic() - last >= every:
            last = time.monotonic()
            logger.info(f"{title} {count}/{total} {note}".rstrip())

    return tell
