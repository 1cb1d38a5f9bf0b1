"""Failed expectations in plain words: the rule, the columns and their values."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dnsanom.quality import checks
from dnsanom.quality.exports import Numbers
from dnsanom.quality.rules import BETWEEN, GIVEN, Rule, rules


def describe(result: Any) -> str:
    """What a failed expectation asks for."""
    config = result.expectation_config
    return str(config.description or config.type)


def of_export(results: list[Any], rows: int, max_bad_share: float) -> str | None:
    """Why a run's only export fails on the whole, None if it does not: a rule on it, or too many bad rows."""
    whole = [result for result in results if is_whole(result)]
    if whole:
        return "; ".join(of_rule(result, 0) for result in whole)
    worst = max(results, key=_bad_rows)
    return too_many(_bad_rows(worst), rows, max_bad_share, describe(worst))


def of_rule(result: Any, export: int) -> str:
    """That a rule on the whole of an export does not hold for the one with this number in the run."""
    return f"does not hold: {describe(result)}{_observed(result, export)}"


def too_many(bad: int, rows: int, limit: float, example: str) -> str | None:
    """Why an export fails if this many of its rows are bad, None if it does not."""
    if bad <= limit * rows:
        return None
    return f"{bad:,} of {rows:,} rows are bad, quality.max_bad_share allows {limit:g}; first: {example}"


def by_position(
    bad: list[tuple[Any, Numbers]], wanted: Numbers, flows: pa.Table, frame: pd.DataFrame
) -> dict[int, str]:
    """By position in the run, of those wanted, why a flow fails, each reason with the values it is about.

    `bad` are failed expectations with the positions of their flows.
    """
    why: defaultdict[int, list[str]] = defaultdict(list)
    for result, positions in bad:
        told = np.intersect1d(positions, wanted)
        if len(told):
            for position, reason in _told(_rule(result), told, flows.take(pa.array(told)), frame.iloc[told]):
                why[position].append(reason)
    return {position: "; ".join(why[position]) for position in sorted(why)}


def is_counted(result: Any) -> bool:
    """Whether a failed expectation is about single flows and says which."""
    return "unexpected_count" in result.result


def is_whole(result: Any) -> bool:
    """Whether a failed expectation costs the whole export: its rule says so, or it could not be checked."""
    return not is_counted(result) or _rule(result).whole


def says_whose(result: Any) -> bool:
    """Whether a failed expectation says for which of a run's exports it does not hold."""
    return is_counted(result) or bool(failing_exports(result))


def failing_exports(result: Any) -> dict[str, float]:
    """Exports that a failed expectation names, by their number in the run, with what was found of each."""
    named: dict[str, float] = result.result.get("details", {}).get("failing", {})
    return named


def _rule(result: Any) -> Rule:
    """The rule that the expectation was made from, or one without columns if somebody added it by hand."""
    text = describe(result)
    known = {rule.text: rule for rule in rules()}
    return known.get(text, Rule(result.expectation_config.type, text))


def _told(rule: Rule, positions: Numbers, rows: pa.Table, frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    values = [*zip(positions.tolist(), rows.select(list(rule.columns)).to_pylist(), strict=True)]
    broken = _broken(rule, frame)
    for name, where in broken.items():
        for n in np.flatnonzero(where):
            position, flow = values[n]
            yield position, f"{name} {_text(flow[name])}: {rule.columns[name]}"
    if not broken:
        text = " ".join(filter(None, rule.columns.values()))
        for position, flow in values:
            shown = ", ".join(f"{name} {_text(flow[name])}" for name in rule.columns)
            yield position, f"{shown}: {text}" if shown else rule.text


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


def _bad_rows(result: Any) -> int:
    return int(result.result["unexpected_count"])


def _observed(result: Any, export: int) -> str:
    failing = failing_exports(result)
    if str(export) in failing:
        return f" (found {failing[str(export)]:.4g})"
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
