"""Data Docs' index, which great_expectations.yml names for its site builder.

It reads the few fields that it lists out of the stored results. Great Expectations' own loads each result as
an object, 15 ms apiece, and would need half a minute after a week of 5-minute exports.
"""

import json
from typing import Any

from dnsanom.quality.covered import Covered, covered
from dnsanom.quality.pages import template


class IndexBuilder:
    """Builds index.html of the exports in the newest results, at most `validation_results_limit`."""

    def __init__(
        self,
        name: str,
        data_context: Any,
        target_store: Any,
        validation_results_limit: int | None = None,
    ) -> None:
        self.name = name
        self.data_context = data_context
        self.target_store = target_store
        self.validation_results_limit = validation_results_limit

    def build(self, skip_and_clean_missing: bool = True, build_index: bool = True) -> tuple[Any, Any]:
        """Write the index; returns its place and the runs that it lists."""
        if not build_index:
            return None, None
        store = self.data_context.validation_results_store
        keys = sorted(store.list_keys(), key=lambda key: key.run_id.run_time, reverse=True)
        runs = [run for key in keys[: self.validation_results_limit] for run in _runs(store, key)]
        html = template("index.html").render(total=len(keys), runs=runs, suites=self._suites())
        return self.target_store.write_index_page(html), {"validations_links": runs}

    def _suites(self) -> list[dict[str, str]]:
        names = [key.name for key in self.data_context.expectations_store.list_keys()]
        return [{"name": name, "href": f"expectations/{name}.html"} for name in names]


def stored(store: Any, key: Any) -> dict[str, Any] | None:
    """A stored result as JSON, None if it was cut short: a process ends, or is not yet done, writing it."""
    try:
        result: dict[str, Any] = json.loads(store.store_backend.get(key.to_tuple()))
    except json.JSONDecodeError:
        return None
    return result


def _runs(store: Any, key: Any) -> list[dict[str, Any]]:
    """A line for each export of a stored result."""
    result, time = stored(store, key), f"{key.run_id.run_time:%Y-%m-%d %H:%M:%S}"
    if result is None:
        cut = {"name": key.run_id.run_name, "href": None, "flows": "", "failed": ["The result was cut short"]}
        return [{**cut, "time": time}]
    href = "/".join(("validations", *key.to_tuple())) + ".html"
    return [{**_line(export), "href": href, "time": time} for export in covered(result["results"])]


def _line(export: Covered) -> dict[str, Any]:
    return {"name": export.name, "flows": f"{export.here:,}", "failed": export.failed}
