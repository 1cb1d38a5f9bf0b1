"""Versions of the data: the only caller of DVC, in process. It is imported when a function needs it.

DVC versions `data/` of the checkout, so the functions that go to DVC refuse a data folder elsewhere. Where
the remote is and how to get in comes from the settings and is written to `.dvc/config.local`, which git
ignores.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnsanom.errors import DatasetError, SettingsError, one_line
from dnsanom.progress import Progress
from dnsanom.settings import Settings

if TYPE_CHECKING:
    from dvc.repo import Repo

#: stages begun so far, all stages, what DVC says
REMOTE = "store"


def track_flows(settings: Settings) -> str:
    """Put the frozen flows under DVC (data/flows.dvc) and return their md5."""
    with _repo(settings) as repo:
        (stage,) = repo.add(str(settings.flows))
        return str(stage.outs[0].hash_info.value)


def repro(
    settings: Settings, targets: list[str] | None = None, progress: Progress | None = None
) -> list[str]:
    """Run the stages (all, or targets and what they need) whose inputs have changed; returns which ran.

    Without `progress` DVC says on the terminal what it does. Raises DatasetError that names the stage and why
    it failed.
    """
    with _repo(settings) as repo, _own_python(), _told(settings, progress):
        return [stage.name for stage in repo.reproduce(targets)]


def stages(settings: Settings) -> list[str]:
    """Names of the stages that run a command."""
    with _repo(settings) as repo:
        return sorted(stage.name for stage in repo.index.stages if stage.cmd)


def push(settings: Settings) -> int:
    """Copy versioned data that the remote lacks to it; returns how many files."""
    from dnsanom.store.objects import ObjectStore

    ObjectStore(settings.s3.model_copy(update={"bucket": settings.s3.dvc_bucket})).ensure_bucket()
    with _repo(settings) as repo:
        _configure(repo, settings)
        return int(repo.push())


def pull(settings: Settings) -> int:
    """Fetch the versioned data of this checkout from the remote; returns how many files came."""
    with _repo(settings) as repo:
        _configure(repo, settings)
        known = [out.fs_path for stage in repo.index.stages for out in stage.outs if out.hash_info]
        return int(repo.pull(known)["stats"]["fetched"])


@contextmanager
def _repo(settings: Settings) -> Iterator["Repo"]:
    """The checkout's DVC repository; what DVC raises becomes a DatasetError on one line."""
    if settings.data != settings.root / "data":
        raise SettingsError(f"DNSANOM_DATA: {settings.data}: DVC versions {settings.root / 'data'} only")
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        # DVC looks for dvc.yaml, and runs what it finds in its cache, by the working directory.
        with chdir(settings.root), Repo() as repo:
            repo.scm_context.quiet = True  # no advice on what to commit
            yield repo
    except DvcException as error:
        raise DatasetError(f"{settings.root}: dvc: {_reasons(error)}") from error


def _configure(repo: "Repo", settings: Settings) -> None:
    s3 = settings.s3
    secrets = {"access_key_id": s3.access_key, "secret_access_key": s3.secret_key}
    remote: dict[str, Any] = {"url": f"s3://{s3.dvc_bucket}", "region": s3.region}
    remote |= {"endpointurl": s3.endpoint} if s3.endpoint else {}
    remote |= {key: secret.get_secret_value() for key, secret in secrets.items() if secret}
    local = Path(repo.config.files["local"])
    local.touch(mode=0o600)
    with repo.config.edit("local") as config:
        config["remote"] = {**config.get("remote", {}), REMOTE: remote}


@contextmanager
def _own_python() -> Iterator[None]:
    """Stages find the interpreter that runs this, whatever the caller's PATH."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


class _Teller(logging.Handler):
    """Passes on what DVC logs of the stages it runs or leaves."""

    def __init__(self, total: int, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.total, self.progress, self.seen = total, progress, 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(("Stage '", "Running stage '")):
            self.seen += 1
            self.progress(min(self.seen, self.total), self.total, text.rstrip(":"))


@contextmanager
def _told(settings: Settings, progress: Progress | None) -> Iterator[None]:
    """Progress in the place of the lines that DVC prints, if any is wanted."""
    if progress is None:
        yield
        return
    logger, teller = logging.getLogger("dvc"), _Teller(len(stages(settings)), progress)
    handlers, level = list(logger.handlers), logger.level
    logger.handlers = [teller, *(h for h in handlers if h.level >= logging.WARNING)]
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.handlers = handlers
        logger.setLevel(level)


def _reasons(error: BaseException | None) -> str:
    """The error and what it came from, once each, on one line."""
    said: list[str] = []
    while error is not None:
        text = one_line(error)
        if text and text not in said:
            said.append(text)
        error = error.__cause__
    return ": ".join(said)
