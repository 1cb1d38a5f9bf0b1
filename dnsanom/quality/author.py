"""Writes the Great Expectations project in expectations/: `python -m dnsanom.quality.author`.

Run it after a change of `schema.py` or `rules.py` and commit what it writes. It may be run again at any time:
every id is derived from a name, so the same table gives the same bytes.
"""

import sys
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from dnsanom.quality.rules import SUITE, Rule, rules

CONFIG, SUITES = "great_expectations.yml", "suites"
#: Data source, asset and batch definition of a flow table in memory; the checkpoints look at it.
SOURCE, ASSET, BATCH = "exports", "flows", "whole_export"
#: Checkpoint of every export, and the one that finds the rows of an export that failed.
PASS_CHECKPOINT, ROWS_CHECKPOINT = "export", "export_rows"
SITE, SITE_FOLDER = "local_site", "uncommitted/data_docs"
#: Results that Data Docs list at most; `quality.keep_results` says how many there are.
LISTED = 10_000
HEADER = "# Written by `python -m dnsanom.quality.author`; what runs leave behind stays in uncommitted/.\n"


def write(root: Path) -> list[Path]:
    """Write the configuration, suite, validation definition and checkpoints; returns the files."""
    import great_expectations as gx

    from dnsanom.quality import expectations  # noqa: F401  registers what the suite uses

    root.mkdir(parents=True, exist_ok=True)
    (root / CONFIG).write_text(HEADER + yaml.safe_dump(config(), sort_keys=False))
    context = gx.get_context(mode="file", context_root_dir=str(root))
    suite = _kept(context.suites, _suite())
    batch = context.data_sources.get(SOURCE).get_asset(ASSET).get_batch_definition(BATCH)
    definition = _kept(
        context.validation_definitions, gx.ValidationDefinition(name=SUITE, data=batch, suite=suite)
    )
    for name, result_format in result_formats().items():
        checkpoint = gx.Checkpoint(
            name=name, validation_definitions=[definition], result_format=result_format
        )
        _kept(context.checkpoints, checkpoint)
    return sorted(path for path in root.rglob("*") if path.is_file() and "uncommitted" not in path.parts)


def _kept(factory: Any, thing: Any) -> Any:
    """Add or update; what is new gets a random id from Great Expectations, which ours then replaces."""
    kept = factory.add_or_update(thing)
    kept.id = _id(type(thing).__name__, thing.name)
    for expectation in getattr(kept, "expectations", ()):
        expectation.id = _id("expectation", f"{expectation.configuration.type} {expectation.description}")
    kept.save()
    return kept


def result_formats() -> dict[str, Any]:
    """Result format by checkpoint: counts only while all is well, every failing row where it is not."""
    return {
        PASS_CHECKPOINT: {"result_format": "SUMMARY", "partial_unexpected_count": 5},
        ROWS_CHECKPOINT: {
            "result_format": "COMPLETE",
            "return_unexpected_index_query": False,
            "partial_unexpected_count": 20,
        },
    }


def config() -> dict[str, Any]:
    """The project's configuration: stores under the root, results and pages under uncommitted/."""
    return {
        "config_version": 4.0,
        "data_context_id": _id("context", "dnsanom"),
        "analytics_enabled": False,
        "progress_bars": {"globally": False, "metric_calculations": False},
        "stores": {
            "expectations_store": _store("ExpectationsStore", f"{SUITES}/"),
            "validation_definition_store": _store(
                "ValidationDefinitionStore", "validation_definitions/", filepath_suffix=".json"
            ),
            "checkpoint_store": _store("CheckpointStore", "checkpoints/", filepath_suffix=".json"),
            "validation_results_store": _store("ValidationResultsStore", "uncommitted/validations/"),
        },
        "expectations_store_name": "expectations_store",
        "checkpoint_store_name": "checkpoint_store",
        "validation_results_store_name": "validation_results_store",
        "data_docs_sites": {SITE: _site()},
        "fluent_datasources": {SOURCE: _source()},
    }


def _store(kind: str, folder: str, **backend: str) -> dict[str, Any]:
    # Without the suppression every process that opens the store writes an id file of its own into it.
    place = {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder}
    return {"class_name": kind, "store_backend": {**place, **backend, "suppress_store_backend_id": True}}


def _site() -> dict[str, Any]:
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": f"{SITE_FOLDER}/"}
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": backend,
        "site_index_builder": {
            "module_name": "dnsanom.quality.site_index",
            "class_name": "IndexBuilder",
            "validation_results_limit": LISTED,
        },
        "site_section_builders": {
            "expectations": _pages("SuitePage"),
            "validations": {**_pages("ResultPage"), "validation_results_limit": LISTED},
            "profiling": "None",
        },
    }


def _pages(view: str) -> dict[str, Any]:
    module = {"module_name": "dnsanom.quality.pages"}
    return {"renderer": {**module, "class_name": "AsItIs"}, "view": {**module, "class_name": view}}


def _source() -> dict[str, Any]:
    batch = {"id": _id("batch", BATCH), "partitioner": None}
    asset = {"type": "dataframe", "id": _id("asset", ASSET), "batch_metadata": {}}
    return {
        "type": "pandas",
        "id": _id("source", SOURCE),
        "assets": {ASSET: {**asset, "batch_definitions": {BATCH: batch}}},
    }


def _suite() -> Any:
    from great_expectations import ExpectationSuite

    expectations = [_expectation(rule) for rule in rules()]
    return ExpectationSuite(name=SUITE, expectations=expectations)


def _expectation(rule: Rule) -> dict[str, Any]:
    return {
        "type": rule.type,
        "kwargs": dict(rule.kwargs),
        "description": rule.text,
    }


def _id(kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"dnsanom/{kind}/{name}"))


if __name__ == "__main__":
    for written in write(Path(sys.argv[1] if len(sys.argv) > 1 else "expectations")):
        print(written)
