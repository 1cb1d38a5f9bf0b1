"""Expectations about many columns at once, beside Great Expectations' own.

Each of its own costs some 20 ms of bookkeeping an export, whatever the export's size; one for every column
and rule would make that over a second. Importing this module registers these, and imports Great Expectations.
"""

import json
from functools import reduce
from operator import and_, or_
from typing import Any, ClassVar

import pandas as pd
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)

from dnsanom.quality.checks import outside

_DOMAIN = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")


class MulticolumnValuesGiven(MulticolumnMapMetricProvider):  # type: ignore[misc]
    """Row by row: no column is null."""

    condition_metric_name = "multicolumn_values.given"
    condition_domain_keys = _DOMAIN
    condition_value_keys = ()

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, columns: pd.DataFrame, **_: Any) -> pd.Series:  # noqa: N805
        return reduce(and_, (column.notna() for _, column in columns.items()))


class MulticolumnValuesBetween(MulticolumnMapMetricProvider):  # type: ignore[misc]
    """Row by row: every column lies between its own bounds, inclusive; null passes."""

    condition_metric_name = "multicolumn_values.between"
    condition_domain_keys = _DOMAIN
    condition_value_keys = ("min_values", "max_values")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805
        columns: pd.DataFrame,
        min_values: list[float | None],
        max_values: list[float | None],
        **_: Any,
    ) -> pd.Series:
        bounds = zip(columns.items(), min_values, max_values, strict=True)
        return ~reduce(or_, (outside(column, low, high) for (_, column), low, high in bounds))


class ExpectColumnsToBeGiven(MulticolumnMapExpectation):  # type: ignore[misc]
    """Expect no null in any of the columns."""

    map_metric = MulticolumnValuesGiven.condition_metric_name
    success_keys = ("mostly",)
    args_keys = ("column_list",)


class ExpectColumnsToBeBetween(MulticolumnMapExpectation):  # type: ignore[misc]
    """Expect the values of each column to lie between its own bounds; null bounds are open."""

    min_values: list[float | None]
    max_values: list[float | None]
    map_metric = MulticolumnValuesBetween.condition_metric_name
    success_keys = ("mostly", "min_values", "max_values")
    args_keys = ("column_list", "min_values", "max_values")


class ExpectExportsToHoldDns(BatchExpectation):  # type: ignore[misc]
    """Expect of each export in the batch that enough of its flows are DNS; one without flows passes.

    `exports` is JSON, [key, flows in the export, DNS flows among them, the first that is here, flows that are
    here] of each in the batch's order. It is text since Great Expectations copies every argument a hundred
    times a run. The result's `details` name the exports that fail by their place, each with its share.
    """

    exports: str | SuiteParameterDict
    min_share: float | SuiteParameterDict
    metric_dependencies = ("table.row_count",)
    success_keys = ("exports", "min_share")
    args_keys = ("exports", "min_share")
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        exports = json.loads(self._get_success_kwargs()["exports"])
        least = self._get_success_kwargs()["min_share"]
        shares = [dns / flows if flows else None for _, flows, dns, _, _ in exports]
        failing = {str(n): share for n, share in enumerate(shares) if share is not None and share < least}
        complete = metrics["table.row_count"] == sum(here for *_, here in exports)
        lowest = min((share for share in shares if share is not None), default=None)
        observed = "no flows" if lowest is None else f"{lowest:.4g}"
        result = {"observed_value": observed, "details": {"failing": failing}}
        return {"success": complete and not failing, "result": result}


class ExpectColumnsToHaveTypes(BatchExpectation):  # type: ignore[misc]
    """Expect each column to be there with one of the pandas types that `types` has for it."""

    types: dict[str, list[str]]
    metric_dependencies = ("table.column_types",)
    success_keys = ("types",)
    args_keys = ("types",)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)

    def _validate(self, metrics: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = {column["name"]: _type_name(column["type"]) for column in metrics["table.column_types"]}
        wrong = [
            f"{name} {found.get(name, 'missing')}"
            for name, types in self.types.items()
            if found.get(name) not in types
        ]
        return {"success": not wrong, "result": {"observed_value": ", ".join(wrong) or "as expected"}}


def _type_name(dtype: Any) -> str:
    """A categorical's type is that of its categories; without any, all its values are null."""
    if not isinstance(dtype, pd.CategoricalDtype):
        return str(dtype)
    return str(dtype.categories.dtype) if len(dtype.categories) else "null"
