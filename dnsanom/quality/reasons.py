"""Failed expectations in plain words: the rule, the columns and their values."""

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.quality import checks
from dnsanom.quality.rules import BETWEEN, GIVEN


def rule(result: Any) -> str:
    """What a failed expectation asks for."""
    return str(result.expectation_config.description)


def of_export(results: list[Any], max_bad_share: float) -> str | None:
    """Why the export fails on the whole, None if it does not: a rule on the export, or too many bad rows."""
    whole = [result for result in results if result.expectation_config.meta["whole"] or not _counted(result)]
    if whole:
        return "; ".join(f"does not hold: {rule(result)}{_observed(result)}" for result in whole)
    worst = max(results, key=_bad_rows)
    return _too_many(_bad_rows(worst), worst.result["element_count"], max_bad_share, rule(worst))


def of_share(why: dict[int, str], rows: int, max_bad_share: float) -> str | None:
    """Why the export fails on the whole if too many of its rows are bad, else None."""
    return _too_many(len(why), rows, max_bad_share, next(iter(why.values())))


def by_row(results: list[Any], flows: pa.Table) -> dict[int, str]:
    """Row number → the reasons why it fails, joined, each with the values it is about."""
    why: defaultdict[int, list[str]] = defaultdict(list)
    for result in results:
        config = result.expectation_config
        found = {int(values["row"]): values for values in result.result["unexpected_index_list"]}
        rows = flows.filter(pc.is_in(flows["row"], value_set=pa.array(found, pa.int64())))
        for flow in rows.to_pylist():
            broken = _broken(config, found[flow["row"]], flow)
            why[flow["row"]] += _told(config, broken, flow)
    return {row: "; ".join(reasons) for row, reasons in why.items()}


def _broken(config: Any, seen: dict[str, Any], flow: dict[str, Any]) -> list[str] | None:
    """The columns that break a rule which each column must obey by itself; None where they do so together."""
    columns = [name for name, _ in config.meta["columns"]]
    if config.type == GIVEN:
        return [name for name in columns if flow[name] is None or flow[name] != flow[name]]
    if config.type == BETWEEN:
        # The suite names the check columns in the order of the flow columns that they are about.
        limits = zip(
            columns, *(config.kwargs[key] for key in ("column_list", "min_values", "max_values")), strict=True
        )
        return [name for name, check, low, high in limits if _outside(seen[check], low, high)]
    if config.kwargs.get("column") == checks.MALFORMED:
        return [name for name in columns if flow[name] is not None and not checks.is_address(flow[name])]
    return None


def _outside(value: Any, low: float | None, high: float | None) -> bool:
    return value is not None and ((low is not None and value < low) or (high is not None and value > high))


def _told(config: Any, broken: list[str] | None, flow: dict[str, Any]) -> list[str]:
    rules = dict(config.meta["columns"])
    if broken is not None:
        return [f"{name} {_text(flow[name])}: {rules[name]}" for name in broken]
    shown = ", ".join(f"{name} {_text(flow[name])}" for name in rules)
    return [f"{shown}: {' '.join(filter(None, rules.values()))}"]


def _too_many(bad: int, rows: int, limit: float, example: str) -> str | None:
    if bad <= limit * rows:
        return None
    return f"{bad:,} of {rows:,} rows are bad, quality.max_bad_share allows {limit:g}; first: {example}"


def _counted(result: Any) -> bool:
    return "unexpected_count" in result.result


def _bad_rows(result: Any) -> int:
    return int(result.result["unexpected_count"])


def _observed(result: Any) -> str:
    if "observed_value" in result.result:
        return f" (found {_text(result.result['observed_value'])})"
    raised = [info["exception_message"] for info in _exceptions(result)]
    return f" (could not be checked: {' '.join(raised[0].split())})" if raised else ""


def _exceptions(result: Any) -> list[dict[str, Any]]:
    info = result.exception_info or {}
    found = [info] if "raised_exception" in info else list(info.values())
    return [one for one in found if one.get("raised_exception")]


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
