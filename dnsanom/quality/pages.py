"""Data Docs' pages, which great_expectations.yml names for its site builder.

Great Expectations' own pages fetch their styles, and the index its very rows' script, from five hosts on the
internet: without it they are bare and the index is empty. These need nothing but themselves.
"""

from functools import cache
from typing import Any

import jinja2

from dnsanom.quality.covered import Covered, covered
from dnsanom.quality.exports import of_place

#: Failing rows that a page shows of each rule; the quarantine holds them all.
SAMPLES = 20
_LIMITS = ("column_list", "min_values", "max_values")


class AsItIs:
    """The renderer of every page: hands the stored thing over to the view."""

    def render(self, stored: Any) -> Any:
        """The thing itself."""
        return stored


class SuitePage:
    """The page of an expectation suite."""

    def render(self, suite: Any, **_: Any) -> str:
        """The HTML of an ExpectationSuite."""
        rules = [_rule(expectation.configuration) for expectation in suite.expectations]
        return template("suite.html").render(name=suite.name, rules=rules)


class ResultPage:
    """The page of one run: an export's, or that of several."""

    def render(self, result: Any, **_: Any) -> str:
        """The HTML of an ExpectationSuiteValidationResult, rules that did not hold first."""
        run = result.meta["run_id"]
        exports = covered([one.to_json_dict() for one in result.results])
        outcomes = [_outcome(one, exports) for one in result.results]
        outcomes.sort(key=lambda outcome: bool(outcome["success"]))
        return template("result.html").render(
            name=_title(exports) or run["run_name"],
            exports=exports,
            time=run["run_time"][:19].replace("T", " "),
            success=result.success,
            suite=result.suite_name,
            version=result.meta["great_expectations_version"],
            flows=f"{sum(export.here for export in exports):,}",
            rules=outcomes,
            home="../../../../",
        )


def template(name: str) -> jinja2.Template:
    """A page's template."""
    return _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    loader = jinja2.PackageLoader("dnsanom.quality", "site")
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)


def _rule(config: Any) -> dict[str, Any]:
    limits = _limits(config.kwargs)
    shown = {key: value for key, value in config.kwargs.items() if not (limits and key in _LIMITS)}
    arguments = [(key, _argument(value)) for key, value in {**shown, **limits}.items()]
    return {"text": config.description or config.type, "type": config.type, "arguments": arguments}


def _argument(value: Any) -> str:
    if isinstance(value, dict):
        if "$PARAMETER" in value:
            return f"{{{value['$PARAMETER']}}}"
        return ", ".join(f"{key} {_argument(one)}" for key, one in value.items())
    if isinstance(value, tuple):
        low, high = value
        return f"from {_argument(low)}" if high is None else f"{_argument(low)} to {_argument(high)}"
    return ", ".join(map(_argument, value)) if isinstance(value, list) else _number(value)


def _number(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


def _limits(kwargs: dict[str, Any]) -> dict[str, tuple[float | None, float | None]]:
    """Bounds by column, of an expectation about many."""
    bounds = zip(*(kwargs.get(key, ()) for key in _LIMITS), strict=False)
    return {name: (low, high) for name, low, high in bounds}


def _title(exports: list[Covered]) -> str:
    return " and ".join(
        [*(e.name for e in exports[:1]), *([f"{len(exports) - 1} more"] * (len(exports) > 1))]
    )


def _outcome(result: Any, exports: list[Covered]) -> dict[str, Any]:
    config, found = result.expectation_config, result.result
    samples = [] if result.success else _samples(config.kwargs, found, exports)
    text = config.description or config.type
    return {"success": result.success, "text": text, "found": _found(found), "samples": samples}


def _found(found: dict[str, Any]) -> str:
    if "observed_value" in found:
        value = found["observed_value"]
        return f"{value:,}" if isinstance(value, int | float) else str(value)
    if "unexpected_count" in found:
        return f"{found['unexpected_count']:,} of {found['element_count']:,} rows fail"
    return "could not be checked"


def _samples(
    kwargs: dict[str, Any], found: dict[str, Any], exports: list[Covered]
) -> list[tuple[str, int, str]]:
    """Failing rows: export, row, values."""
    places, values = found.get("partial_unexpected_index_list"), found.get("partial_unexpected_list")
    pairs = list(zip(places or [], values or [], strict=False))[:SAMPLES]
    known = [(*of_place(place), _shown(kwargs, value)) for place, value in pairs]
    return [(exports[n].key, row, shown) for n, row, shown in known if n < len(exports)]


def _shown(kwargs: dict[str, Any], value: Any) -> str:
    if not isinstance(value, dict):
        names = [kwargs[key] for key in ("column", "column_A", "column_B") if key in kwargs]
        values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(f"{name} {_number(one)}" for name, one in zip(names, values, strict=False))
    limits = _limits(kwargs)
    broken = [name for name, one in value.items() if _breaks(one, *limits.get(name, (None, None)))]
    return ", ".join(f"{name} {_number(value[name])}" for name in broken or value)


def _breaks(value: Any, low: float | None, high: float | None) -> bool:
    if value is None or isinstance(value, str):
        return value is None
    return (low is not None and value < low) or (high is not None and value > high)
