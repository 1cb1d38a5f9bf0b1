"""Ending a server with all that it started, also what left its process group."""

from contextlib import suppress
from pathlib import Path

import psutil

from dnsanom.servers import objectstore, process


def stop(var: Path, name: str, children_first: bool = False) -> bool:
    """Stop a server and wait until it and its descendants have ended; False if none runs.

    With `children_first` these are told before it and have ten seconds: a Prefect worker kills its flow runs
    without a word, and a killed run would count as running for ever.
    """
    family = _family(process.running(var, name))
    if children_first:
        _terminate(family)
        psutil.wait_procs(family, timeout=10)
    stopped = objectstore.stop(var) if name == objectstore.NAME else process.stop(var, name)
    _, alive = psutil.wait_procs(family, timeout=5)
    for one in alive:
        one.kill()
    psutil.wait_procs(alive, timeout=5)
    return stopped


def _family(pid: int | None) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True) if pid is not None else []
    except psutil.NoSuchProcess:
        return []


def _terminate(processes: list[psutil.Process]) -> None:
    for one in processes:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
