"""Expectations about many columns at once, beside Great Expectations' own.

Each of its own costs some 20 ms of bookkeeping an export, whatever the export's size; one for every column
and rule would make that over a second. Importing this module registers these, and imports Great Expectations.
"""

from functools import reduce
from operator import and_, or_
from typing import Any, ClassVar

import pandas as pd
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
