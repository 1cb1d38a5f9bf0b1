"""Pulls that are killed at random points, with the store away at times; at the end every row is compared."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dnsanom.servers import objectstore
from dnsanom.servers.objectstore import RunningStore
from dnsanom.settings import Settings, load_settings
from dnsanom.store import lake
from dnsanom.store.objects import ObjectStore
from tests.faults.world import World

#: Seconds a pull of a few exports may take at most when nobody kills it.
PATIENCE = 300


def run(root: Path, kills: int, seed: int, tell: Callable[[str], None], away: float = 0.08) -> list[str]:
    """Kill so many pulls of the project in `root`, let the last one end, and say what is wrong with the lake.

    The store is stopped in the middle of a pull with the probability `away`, and started again after it.
    """
    chance, var = random.Random(seed), root / "var"
    store = objectstore.start(var)
    try:
        settings = load_settings(root, environment(store))
        bucket = ObjectStore(settings.s3)
        bucket.ensure_bucket()
        world, ends = World(bucket, np.random.default_rng(seed)), Counter[str]()
        while ends["killed"] < kills:
            world.go_on()
            ends[_broken_pull(settings, store, var, chance, away)] += 1
            if sum(ends.values()) % 10 == 0:
                tell(f"{dict(ends)}; {dict(world.done)}")
        world.complete_all()
        tell(f"{dict(ends)}; {dict(world.done)}; the last pull")
        _whole_pull(store, root)
        faults = world.faults(lake.read(settings.lake).to_pyarrow())
        return faults + _left_behind(settings)
    finally:
        objectstore.stop(var)


def environment(store: RunningStore) -> dict[str, str]:
    """The variables that a pull needs."""
    return {
        "DNSANOM_S3_ENDPOINT": store.endpoint,
        "DNSANOM_S3_BUCKET": "faults",
        "DNSANOM_S3_ACCESS_KEY": store.access_key,
        "DNSANOM_S3_SECRET_KEY": store.secret_key,
    }


def _start(store: RunningStore, root: Path) -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DNSANOM_")}
    clean.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "dnsanom", "pull"]
    log = (root / "pull.log").open("ab")
    return subprocess.Popen(command, cwd=root, env={**clean, **environment(store)}, stdout=log, stderr=log)


def _broken_pull(
    settings: Settings, store: RunningStore, var: Path, chance: random.Random, away: float
) -> str:
    """A pull that is killed at a random point, half of the times after its first lease; how it ended."""
    process = _start(store, settings.root)
    if chance.random() < 0.5:
        _wait(process, lambda: _leased(settings))
    stopped = chance.random() < away
    if stopped:
        time.sleep(chance.uniform(0, 1))
        objectstore.stop(var)
    _wait(process, lambda: False, chance.choice((0.3, 1.0, 3.0, 8.0)) * chance.random())
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    if stopped:
        assert objectstore.start(var).endpoint == store.endpoint
        return "store away" if ended else "killed"
    return "ended before" if ended else "killed"


def _wait(process: subprocess.Popen[bytes], until: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and not until() and time.monotonic() < deadline:
        time.sleep(0.01)


def _leased(settings: Settings) -> bool:
    """Looked up without the ledger's own code, so that looking changes nothing."""
    path = settings.data / "ledger.db"
    if not path.exists():
        return False
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return bool(db.execute("SELECT count(*) FROM exports WHERE state = 'leased'").fetchone()[0])
    except sqlite3.OperationalError:
        return False


def _whole_pull(store: RunningStore, root: Path) -> None:
    """Two pulls, since what the first one let go of another key's sake is taken by the second."""
    for _ in range(2):
        process = _start(store, root)
        if process.wait(PATIENCE) != 0:
            raise RuntimeError(f"the last pull failed:\n{(root / 'pull.log').read_text()[-2000:]}")


def _left_behind(settings: Settings) -> list[str]:
    """Files that no reader should ever see, and leases that nobody holds."""
    files = [str(path) for path in settings.data.rglob("*") if path.is_file()]
    left = [f"{path}: left behind" for path in files if path.endswith((".tmp", ".part"))]
    return left + (["leases are left"] if _leased(settings) else [])
