"""`dnsanom doctor`: what is set, what answers, what is installed, and what to do about the rest."""

import os
import platform
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dnsanom.errors import DnsanomError
from dnsanom.schema import VIEWS
from dnsanom.settings import ENVIRONMENT, Settings, load_settings


@dataclass(frozen=True)
class Check:
    """One thing looked at: its name, whether it is well, what was seen, and what to do if it is not."""

    name: str
    ok: bool
    seen: str
    todo: str = ""

    def line(self) -> str:
        """The check as one line of text."""
        mend = f"  → {self.todo}" if self.todo and not self.ok else ""
        return f"{'ok  ' if self.ok else 'FAIL'} {self.name}: {self.seen}{mend}"


def examine() -> list[Check]:
    """All checks, in the order in which the data passes; without settings only the first few can be made."""
    try:
        settings = load_settings()
    except DnsanomError as error:
        return [python(), Check("settings", False, str(error), "mend the named variable or parameter")]
    checks: list[Callable[[Settings], Check]] = [environment, versions, store, ledger, expectations, lake]
    return [python(), *(check(settings) for check in checks), *champions(settings), prefect_api()]


def python() -> Check:
    """Is the interpreter new enough?"""
    return Check(
        "python", sys.version_info >= (3, 11), platform.python_version(), "make PYTHON=python3.11 test"
    )


def environment(settings: Settings) -> Check:
    """Which DNSANOM_* variables are set (names only: values may be secret)?"""
    names = [name for name in ENVIRONMENT if name in os.environ]
    running = " and var/stack.env" if (settings.var / "stack.env").exists() else ""
    return Check(
        "settings",
        True,
        f"{settings.root / 'params.yaml'}; environment: {', '.join(names) or 'none'}{running}",
    )


def versions(settings: Settings) -> Check:
    """Do the installed packages meet requirements.in and constraints.txt?"""
    wrong = [
        problem for name in ("requirements.in", "constraints.txt") for problem in _unmet(settings.root / name)
    ]
    todo = "rm .venv/installed and run make test: it installs the lock again"
    return Check(
        "versions", not wrong, "; ".join(wrong) or "all as requirements.in and constraints.txt say", todo
    )


def _unmet(requirements: Path) -> Iterator[str]:
    from packaging.requirements import Requirement

    lines = requirements.read_text().splitlines() if requirements.exists() else []
    for line in (line.strip() for line in lines if line.strip() and not line.startswith("#")):
        wanted = Requirement(line)
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            yield f"{wanted.name} is not installed"
            continue
        if not wanted.specifier.contains(version, prereleases=True):
            yield f"{wanted.name} {version} is not {wanted.specifier}"


def store(settings: Settings) -> Check:
    """Does the object store answer, and is anything under the prefix?"""
    from dnsanom.store.objects import ObjectStore

    try:
        first = next(iter(ObjectStore(settings.s3).list(settings.s3.prefix)))
    except DnsanomError as error:
        return Check("store", False, str(error), "start the local one with `make up`, or set DNSANOM_S3_*")
    except StopIteration:
        return Check("store", False, f"nothing in bucket {settings.s3.bucket} under {settings.s3.prefix!r}")
    return Check(
        "store", True, f"{settings.s3.endpoint or 'AWS'} bucket {settings.s3.bucket}, first key {first.key}"
    )


def ledger(settings: Settings) -> Check:
    """Can the ledger be opened, and how many exports are in which state?"""
    from dnsanom.store.ledger import Ledger

    if isinstance(settings.ledger, Path) and not settings.ledger.exists():
        return Check("ledger", True, f"{settings.ledger}, which the first `dnsanom pull` makes")
    try:
        with Ledger(settings.ledger) as opened:
            counts = ", ".join(f"{count:,} {state}" for state, count in opened.counts().items())
            return Check("ledger", True, f"{opened.name}: {counts or 'empty'}")
    except DnsanomError as error:
        return Check("ledger", False, str(error), "start the database, or mend DNSANOM_LEDGER")


def expectations(settings: Settings) -> Check:
    """Is the Great Expectations suite where it should be?"""
    suite = settings.root / "expectations" / "suites" / "flows.json"
    todo = "python -m dnsanom.quality.author"
    return Check("expectations", suite.exists(), str(suite), todo)


def lake(settings: Settings) -> Check:
    """Which hours of flows are there?"""
    from dnsanom.store.lake import hours

    found = hours(settings.lake)
    seen = (
        f"{len(found)} hours, {found[0]:%Y-%m-%d %H:%M} to {found[-1]:%Y-%m-%d %H:%M}" if found else "empty"
    )
    return Check("lake", bool(found), seen, "dnsanom pull")


def champions(settings: Settings) -> list[Check]:
    """Has each view a champion in the registry?"""
    from dnsanom.model.tracking import load_champion

    checks = []
    for view in VIEWS:
        try:
            card = load_champion(settings, view).card
            checks.append(Check(f"champion {view}", True, f"{card['name']} version {card['version']}"))
        except DnsanomError as error:
            checks.append(Check(f"champion {view}", False, str(error)))
    return checks


def prefect_api() -> Check:
    """Does the Prefect server answer, where one is named?"""
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return Check("prefect", True, "PREFECT_API_URL is not set; flows then run on a server of their own")
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return Check("prefect", answer.status == 200, f"{url} answers {answer.status}")
    except OSError as error:
        return Check("prefect", False, f"{url}: {error}", "make up")
