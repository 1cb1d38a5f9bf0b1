"""Several processes with one ledger: each export is taken once, and each content committed once."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from test_ledger import export, states

from dnsanom.store.ledger import Ledger

PROCESSES, EXPORTS = 4, 120
SPAWN = multiprocessing.get_context("spawn")
ALL = [export(f"{number:03}") for number in range(EXPORTS)]


def at_once(work: Callable[..., Any], where: Path | SecretStr) -> list[Any]:
    """What `work` returns in each of several processes that begin it at the same moment."""
    barrier, results = SPAWN.Barrier(PROCESSES), SPAWN.Queue()
    started = [
        SPAWN.Process(target=_run, args=(work, where, number, barrier, results))
        for number in range(PROCESSES)
    ]
    for process in started:
        process.start()
    found = [results.get(timeout=60) for _ in started]
    for process in started:
        process.join()
    assert [problem for problem in found if isinstance(problem, Exception)] == []
    return found


def _run(
    work: Callable[..., Any], where: Path | SecretStr, number: int, barrier: Barrier, results: Any
) -> None:
    barrier.wait(60)
    try:
        results.put(work(where, number))
    except Exception as error:
        results.put(error)
        raise


def _take_all(where: Path | SecretStr, number: int) -> list[str]:
    """A pull of everything: one export at a time, or several in a transaction."""
    taken = []
    with Ledger(where, "netflow") as ledger:
        ledger.discover(ALL)
        for first in range(0, EXPORTS, 6):
            for info in ledger.lease_all(ALL[first : first + 6]) if number % 2 else ALL[first : first + 6]:
                if number % 2 or ledger.lease(info):
                    ledger.decoded(info)
                    assert ledger.commit(info, f"content {info.key}", "flows", 1, 1, seen=(0, 1)) is None
                    taken.append(info.key)
    return taken


def test_two_pulls_never_take_the_same_export(where: Path | SecretStr) -> None:
    """The first use of the ledger included: all processes make its tables at once."""
    taken = Counter(key for keys in at_once(_take_all, where) for key in keys)
    assert taken == Counter(info.key for info in ALL)
    with Ledger(where) as ledger:
        assert ledger.counts() == {"committed": EXPORTS}
        assert [entry.tries for entry in ledger.entries()] == [1] * EXPORTS
        assert [entry.serial for entry in ledger.arrived()] == list(range(1, EXPORTS + 1))


def _commit_the_same(where: Path | SecretStr, number: int) -> dict[str, str | None]:
    """Commit each of some contents under a key of this process's own; process 0 and 1 from the other end."""
    mine = [export(f"{content:02}-{number}") for content in range(20)]
    mine = mine[::-1] if number < 2 else mine
    with Ledger(where) as ledger:
        ledger.discover(mine)
        ledger.lease_all(mine)
        with ledger.together():
            first = {info.key: ledger.commit(info, info.key[:2], "flows") for info in mine[:10]}
        return first | {info.key: ledger.commit(info, info.key[:2], "flows") for info in mine[10:]}


def test_the_same_content_under_two_keys_is_committed_once(where: Path | SecretStr) -> None:
    told = {key: other for result in at_once(_commit_the_same, where) for key, other in result.items()}
    committed = {key for key, other in told.items() if other is None}
    assert sorted(key[:2] for key in committed) == [f"{content:02}" for content in range(20)]
    assert {other for other in told.values() if other is not None} <= committed
    with Ledger(where) as ledger:
        assert {entry.key for entry in ledger.entries("committed")} == committed


def _lease_and_wait(where: Path | SecretStr) -> None:
    ledger = Ledger(where)
    ledger.lease(ALL[0])
    with ledger.together():
        ledger.commit(ALL[0], "c", "flows")
        time.sleep(60)


def test_a_kill_within_a_transaction_leaves_none_of_it(where: Path | SecretStr) -> None:
    with Ledger(where) as ledger:
        ledger.discover(ALL[:1])
        process = SPAWN.Process(target=_lease_and_wait, args=(where,))
        process.start()
        while states(ledger) != {"000 e1": "leased"}:
            time.sleep(0.02)
        time.sleep(0.1)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert states(ledger) == {"000 e1": "leased"}
        assert ledger.broken_off() == ["000"]


def test_threads_share_a_ledger_and_wait_for_each_other(where: Path | SecretStr) -> None:
    with Ledger(where) as ledger, ThreadPoolExecutor(4) as threads:
        ledger.discover(ALL)
        with ledger.together():
            waiting = [threads.submit(ledger.lease, info) for info in ALL[:40]]
            time.sleep(0.3)
            assert not any(lease.done() for lease in waiting)
        assert all(lease.result() for lease in waiting)
    with Ledger(where) as ledger:
        assert ledger.counts() == {"discovered": 80, "leased": 40}
