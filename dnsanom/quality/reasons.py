"""Failed expectations in plain words: the rule, the columns and their values."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dnsanom.quality import checks
from dnsanom.quality.rules import BETWEEN, GIVEN, Rule, rules


def describe(result: Any) -> str:
    """What a failed expectation asks for."""
    config = result.expectation_config
    return str(config.description or config.type)


def of_export(results: list[Any], max_bad_share: float) -> str | None:
    """Why the export fails on the whole, None if it does not: a rule on the export, or too many bad rows."""
    whole = [result for result in results if not _counted(result) or _rule(result).whole]
    if whole:
        return "; ".join(f"does not hold: {describe(result)}{_observed(result)}" for result in whole)
    worst = max(results, key=_bad_rows)
    return _too_many(_bad_rows(worst), worst.result["element_count"], max_bad_share, describe(worst))


def of_share(why: dict[int, str], rows: int, max_bad_share: float) -> str | None:
    """Why the export fails on the whole if too many of its rows are bad, else None."""
    return _too_many(len(why), rows, max_bad_share, next(iter(why.values())))


def by_row(results: list[Any], flows: pa.Table, frame: pd.DataFrame) -> dict[int, str]:
    """Row number → the reasons why it fails, joined, each with the values it is about."""
    why: defaultdict[int, list[str]] = defaultdict(list)
    for result in results:
        rule, numbers = _rule(result), result.result["unexpected_index_list"]
        rows = flows.filter(pc.is_in(flows["row"], value_set=pa.array(numbers, pa.int64())))
        for row, reason in _told(rule, rows, frame.loc[numbers]):
            why[row].append(reason)
    return {row: "; ".join(reasons) for row, reasons in why.items()}


def _rule(result: Any) -> Rule:
    """The rule that the expectation was made from, or one without columns if somebody added it by hand."""
    text = describe(result)
    known = {rule.text: rule for rule in rules()}
    return known.get(text, Rule(result.expectation_config.type, text))


def _told(rule: Rule, rows: pa.Table, frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    names = list(dict.fromkeys(["row", *rule.columns]))
    values = {flow["row"]: flow for flow in rows.select(names).to_pylist()}
    broken = _broken(rule, frame)
    for name, where in broken.items():
        for row in where.index[where]:
            yield row, f"{name} {_text(values[row][name])}: {rule.columns[name]}"
    if not broken:
        text = " ".join(filter(None, rule.columns.values()))
        for row, flow in values.items():
            shown = ", ".join(f"{name} {_text(flow[name])}" for name in rule.columns)
            yield row, f"{shown}: {text}" if shown else rule.text


def _broken(rule: Rule, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """By column, which rows break a rule that each column obeys by itself; {} if they obey it together."""
    if rule.type == GIVEN:
        return {name: frame[name].isna() for name in rule.columns}
    if rule.type == BETWEEN:
        # The rule names the check columns in the order of the flow columns that they are about.
        bounds = zip(*(rule.kwargs[key] for key in ("column_list", "min_values", "max_values")), strict=True)
        limits = zip(rule.columns, bounds, strict=True)
        return {name: checks.outside(frame[check], low, high) for name, (check, low, high) in limits}
    if rule.kwargs.get("column") == checks.MALFORMED:
        valid = {name: frame[name].astype(str).map(checks.is_address) for name in rule.columns}
        return {name: frame[name].notna() & ~valid[name] for name in rule.columns}
    return {}


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
