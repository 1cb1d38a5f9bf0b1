"""The Great Expectations project, opened, and its checkpoints run on flows."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import LazyLoader, find_spec, module_from_spec
from pathlib import Path
from typing import Any

import pandas as pd

from dnsanom.errors import QualityError, one_line
from dnsanom.params import Quality
from dnsanom.quality.author import CONFIG, PASS_CHECKPOINT, ROWS_CHECKPOINT, SUITES
from dnsanom.quality.rules import EARLIEST, EXPORTS, LATEST, LEAST_DNS, SUITE
from dnsanom.settings import Settings

#: How far an exporter's clock may be ahead of ours.
LEEWAY = timedelta(hours=1)
AUTHOR = "python -m dnsanom.quality.author"


@dataclass(frozen=True)
class Context:
    """The Great Expectations project, opened: its data context and the two checkpoints, fetched by name."""

    project: Any
    export: Any
    export_rows: Any


@dataclass(frozen=True)
class Subject:
    """What a checkpoint looks at: the frame, the exports that it is made of (JSON), and the run's name."""

    frame: pd.DataFrame
    exports: str
    name: str
    quality: Quality
    time: datetime

    def parameters(self) -> dict[str, Any]:
        """The suite's parameters."""
        return {
            EARLIEST: datetime.fromisoformat(self.quality.earliest),
            LATEST: self.time + LEEWAY,
            EXPORTS: self.exports,
            LEAST_DNS: self.quality.min_dns_share,
        }


def open_context(settings: Settings) -> Context:
    """Open expectations/ under the root; once a process, since the import behind it takes seconds.

    Raises QualityError when the folder or a checkpoint is missing or something in it can't be read.
    """
    root = settings.root / "expectations"
    if not (root / CONFIG).is_file():
        raise QualityError(f"{root / CONFIG}: no such file; `{AUTHOR}` writes it")
    load()
    import great_expectations as gx
    from great_expectations.exceptions import GreatExpectationsError

    try:
        project = gx.get_context(mode="file", context_root_dir=str(root))
        checkpoints = [project.checkpoints.get(name) for name in (PASS_CHECKPOINT, ROWS_CHECKPOINT)]
        _check_suite(root / SUITES / f"{SUITE}.json", checkpoints[0])
    except (GreatExpectationsError, ValueError, LookupError) as error:
        raise QualityError(f"{root}: {one_line(error)}; `{AUTHOR}` writes it anew") from error
    return Context(project, *checkpoints)


def load() -> None:
    """Import Great Expectations and what the suite uses; after the first time, nothing is left to do."""
    with _quickly():
        from dnsanom.quality import expectations  # noqa: F401  registers what the suite uses


@contextmanager
def _quickly() -> Iterator[None]:
    """Half the time of the import: an import makes a million objects that stay, and to look for garbage among
    them takes a fifth of it; and scipy's statistics are for expectations that we don't use."""
    enabled = gc.isenabled()
    gc.disable()
    _load_later("scipy.stats")
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load_later(name: str) -> None:
    """Have a module loaded when something of it is used; what imports it gets it as ever."""
    parent, _, own = name.rpartition(".")
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    setattr(sys.modules[parent], own, module)
    spec.loader.exec_module(module)


def _check_suite(path: Path, checkpoint: Any) -> None:
    """Great Expectations only logs an expectation that it can't read, and goes on without it."""
    (definition,) = checkpoint.validation_definitions
    written, read = len(json.loads(path.read_text())["expectations"]), len(definition.suite.expectations)
    if written != read:
        raise ValueError(f"{path.name}: {written - read} of its {written} expectations can't be read")


def failures(checkpoint: Any, subject: Subject) -> list[Any]:
    """Run a checkpoint and store its result; the results of the expectations that did not hold.

    Raises QualityError when the checkpoint can't be run.
    """
    from great_expectations import RunIdentifier
    from great_expectations.exceptions import GreatExpectationsError

    try:
        outcome = checkpoint.run(
            batch_parameters={"dataframe": subject.frame},
            expectation_parameters=subject.parameters(),
            run_id=RunIdentifier(run_name=subject.name, run_time=subject.time),
        )
    except (GreatExpectationsError, OSError) as error:
        raise QualityError(f"{subject.name}: checkpoint {checkpoint.name}: {one_line(error)}") from error
    finally:
        _let_go(checkpoint)
    (results,) = outcome.run_results.values()
    return [result for result in results.results if not result.success]


def _let_go(checkpoint: Any) -> None:
    """Great Expectations keeps the last frame until it has the next one, and what it has computed by the
    parameters of each run for ever: two frames at a time, and some MB more a run. It has no other way out."""
    (definition,) = checkpoint.validation_definitions
    engine = definition.data.data_asset.datasource.get_execution_engine()
    engine.batch_manager.reset_batch_cache()
    engine.batch_manager.batch_data_cache.clear()
    engine._metric_cache.clear()


def now() -> datetime:
    """The time of a run."""
    return datetime.now(UTC)
