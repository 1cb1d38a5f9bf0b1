"""The demo's exports: a simulated day and two hours more, three of them spoiled as real ones are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from dnsanom.netflow import decode
from dnsanom.params import Dns
from dnsanom.progress import Progress
from dnsanom.simulate import simulate_day, write_exports
from dnsanom.simulate.csv48 import write_csv
from dnsanom.simulate.write import TRUTH
from dnsanom.store.objects import ObjectStore

START = datetime(2026, 3, 2, tzinfo=UTC)
LEARNED, UNSEEN = timedelta(hours=24), timedelta(hours=2)
NEW = START + LEARNED
CLIENTS, SEED = 320, 7
CORRUPT = "nfcapd.202603020905"
BAD_ROWS = "nfcapd.202603021010"
TWICE, AGAIN = "nfcapd.202603021200", "nfcapd.202603021200.again"


def make(folder: Path, dns: Dns, progress: Progress) -> None:
    """Write the exports of all 26 hours and their truth to the folder, and spoil three of them.

    The truth is written last, so a folder that has one is whole and is left as it is.
    """
    if (folder / TRUTH).exists():
        return
    hours = (LEARNED + UNSEEN) / timedelta(hours=1)
    flows, truth = simulate_day(START, hours, CLIENTS, SEED)
    write_exports(folder, flows, truth.iloc[:0], progress=progress)
    spoil(folder, dns)
    (folder / TRUTH).unlink()
    truth.to_csv(folder / f"{TRUTH}.part", index=False, lineterminator="\n")
    (folder / f"{TRUTH}.part").rename(folder / TRUTH)


def spoil(folder: Path, dns: Dns) -> None:
    """Lose what a full disk would of one export, make one a CSV with bad rows, and lay one there twice.

    One that is merely cut short would wait: its collector may still write it.
    """
    broken = folder / CORRUPT
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    binary = folder / BAD_ROWS
    write_csv(folder / f"{BAD_ROWS}.csv", decode(binary.read_bytes(), BAD_ROWS, dns, keep="all").flows)
    binary.unlink()
    _break_rows(folder / f"{BAD_ROWS}.csv")
    (folder / AGAIN).write_bytes((folder / TWICE).read_bytes())


def _break_rows(path: Path) -> None:
    """Rows as collectors have been seen to write them: text for a count, 1970, a negative duration."""
    lines = path.read_text().splitlines()
    names = lines[0].split(",")
    for number, changes in {
        10: {"ipkt": "many"},
        20: {"ts": "1970-01-01 00:00:00.000", "te": "1970-01-01 00:00:00.000"},
        30: {"td": "-4294967.295"},
        40: {"ibyt": "0"},
        50: {"sa": "198.18.0.999"},
    }.items():
        cells = dict(zip(names, lines[number].split(","), strict=True))
        lines[number] = ",".join({**cells, **changes}.values())
    path.write_text("\n".join(lines) + "\n")


def upload(folder: Path, store: ObjectStore, until: datetime, progress: Progress) -> int:
    """Put the exports that start before `until` into the store, where they are missing; returns how many.

    The first 24 hours go with their truth, as analysts' verdicts do; what comes later has none yet.
    """
    store.ensure_bucket()
    there = {info.key for info in store.list("")}
    names = sorted(p.name for p in folder.glob("nfcapd.*") if p.name[:19] < f"nfcapd.{until:%Y%m%d%H%M}")
    missing = [name for name in names if name not in there]
    for number, name in enumerate(missing, 1):
        store.put(name, (folder / name).read_bytes())
        progress(number, len(missing), name)
    if TRUTH not in there:
        store.put(TRUTH, learned_truth(folder))
    return len(missing)


def learned_truth(folder: Path) -> bytes:
    """The truth of the episodes that began in the first 24 hours, as a file."""
    truth, known = _truth(folder)
    return truth[known].to_csv(index=False, lineterminator="\n").encode()


def unseen_truth(folder: Path) -> pd.DataFrame:
    """The truth of the episodes that began in the two hours after them, which no store has."""
    truth, known = _truth(folder)
    return truth[~known]


def _truth(folder: Path) -> tuple[pd.DataFrame, "pd.Series[bool]"]:
    truth = pd.read_csv(folder / TRUTH, dtype=str, keep_default_na=False)
    return truth, pd.to_datetime(truth["start"], utc=True) < NEW
