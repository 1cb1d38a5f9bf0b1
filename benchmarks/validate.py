"""Validating exports: our suite against the same rules as one of Great Expectations' own expectations each.

Both run as checkpoints that store their results, in one process, in turn; processor seconds, medians. Then
what exports cost that share a run, where ours spends its time on a large export, and what Data Docs cost.

Example:
    python -m benchmarks.validate 500
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks._arguments import Arguments
from benchmarks.decode import generated
from dnsanom.params import load_params
from dnsanom.quality import checks, docs
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.exports import Export
from dnsanom.quality.rules import BETWEEN, GIVEN, rules
from dnsanom.quality.validate import validate, validate_many
from dnsanom.settings import S3, Settings

FLOWS, ROUNDS, LARGE, PAGES, TOGETHER = 5_000, 7, 1_000_000, 40, 48
ROOT = Path(__file__).parents[1]
#: What Great Expectations' own calls the types that are not a numpy type.
_NAMES = {"category": "CategoricalDtypeType", "datetime64[ms, UTC]": "Timestamp"}


def main(count: int = FLOWS) -> int:
    """Print seconds and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        settings = project(Path(folder))
        started = time.process_time()
        context = open_context(settings)
        print(f"import and open: {time.process_time() - started:.2f} s, once a process")
        exports(settings, context, one_each(context), count)
        together(settings, context, count)
        large(settings, context)
        pages(settings, context, count)
    return 0


def project(root: Path) -> Settings:
    """A project of its own, so that the benchmark leaves nothing behind."""
    ignore = shutil.ignore_patterns("uncommitted")
    shutil.copytree(ROOT / "expectations", root / "expectations", ignore=ignore)
    params = load_params(ROOT / "params.yaml")
    return Settings(root=root, s3=S3(), data=root, var=root, mlflow_uri="", params=params)


def one_each(context: Context) -> Any:
    """A checkpoint of the same rules, one of Great Expectations' own expectations a column and rule."""
    (definition,) = context.export.validation_definitions
    suite = context.project.suites.add(type(definition.suite)(name="each", expectations=own_expectations()))
    other = type(definition)(name="each", data=definition.data, suite=suite)
    other = context.project.validation_definitions.add(other)
    checkpoint = type(context.export)(
        name="each", validation_definitions=[other], result_format=context.export.result_format
    )
    return context.project.checkpoints.add(checkpoint)


def own_expectations() -> list[dict[str, Any]]:
    """Our rules about many columns at once taken apart, the others as they are."""
    types = {name: _NAMES.get(str(t), str(t)) for name, t in frame(generated(1)).dtypes.items()}
    apart: list[dict[str, Any]] = []
    for rule in rules():
        columns = rule.kwargs.get("column_list", ())
        if rule.type == GIVEN:
            apart += [_own("expect_column_values_to_not_be_null", column=name) for name in columns]
        elif rule.type == BETWEEN:
            bounds = zip(columns, rule.kwargs["min_values"], rule.kwargs["max_values"], strict=True)
            between = "expect_column_values_to_be_between"
            apart += [_own(between, column=n, min_value=low, max_value=high) for n, low, high in bounds]
        elif rule.type == "expect_columns_to_have_types":
            of_type = "expect_column_values_to_be_of_type"
            apart += [_own(of_type, column=name, type_=types[name]) for name in rule.kwargs["types"]]
        else:
            apart.append(_own(rule.type, **rule.kwargs))
    return apart


def _own(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": {key: value for key, value in kwargs.items() if value is not None}}


def exports(settings: Settings, context: Context, each: Any, count: int) -> None:
    """An export of the usual size, both ways."""
    flows = generated(count)
    apart = Context(context.project, each, context.export_rows)
    if not validate(flows, "theirs", settings, apart).ok:
        raise SystemExit("the expectations taken apart do not hold: nothing to compare with")
    ours, theirs = alternating(
        lambda: validate(flows, "ours", settings, context),
        lambda: validate(flows, "theirs", settings, apart),
    )
    print(f"{count:,} flows an export, {len(rules())} expectations: {ours:.3f} s")
    print(f"one expectation a column and rule, {len(own_expectations())} of them: {theirs:.3f} s")
    print(f"ratio: {theirs / ours:.1f}")


def together(settings: Settings, context: Context, count: int) -> None:
    """Exports of the usual size that share a run."""
    flows = generated(count)
    many = [Export(f"together {place}", flows, count) for place in range(TOGETHER)]
    (seconds,) = alternating(lambda: validate_many(many, settings, context))
    print(f"{TOGETHER} of them together: {seconds / TOGETHER:.4f} s each")


def frame(flows: pa.Table) -> pd.DataFrame:
    """The frame that a run of one export looks at."""
    return checks.frame(flows, checks.repeated_rows(flows), np.arange(flows.num_rows))


def large(settings: Settings, context: Context) -> None:
    """Where the time goes when the flows are many."""
    flows = generated(LARGE)
    whole, layout = alternating(
        lambda: validate(flows, "large", settings, context),
        lambda: frame(flows),
    )
    print(f"{LARGE:,} flows in one export: {whole:.2f} s, of which laying out the frame {layout:.2f} s")


def pages(settings: Settings, context: Context, count: int) -> None:
    """Data Docs of some results, and of none new."""
    flows = generated(min(count, 1000))
    for place in range(PAGES):
        validate(flows, f"page {place}", settings, context)
    first, again = (timed(lambda: docs.build(settings, context)) for _ in range(2))
    print(f"Data Docs of {PAGES}+ new results: {first:.2f} s; of none new: {again:.2f} s")


def alternating(*contenders: Callable[[], object]) -> list[float]:
    """Median processor seconds of each, run in turn."""
    rounds = [[timed(contender) for contender in contenders] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def timed(function: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    started = time.process_time()
    function()
    return time.process_time() - started


if __name__ == "__main__":
    given = Arguments("benchmarks.validate", __doc__)
    given.size("flows", FLOWS, "flows an export")
    sys.exit(main(given.parse_args().flows))
