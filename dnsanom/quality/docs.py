"""Data Docs: a page for every validation, one for the suite, and an index that lists every export.

Results are kept for as long as `quality.keep_results` says, the newest; what is older goes with its page.
"""

from pathlib import Path
from typing import Any

from dnsanom.errors import QualityError
from dnsanom.quality.author import SITE_FOLDER
from dnsanom.quality.checkpoint import Context, open_context
from dnsanom.quality.rules import SUITE
from dnsanom.quality.site_index import stored
from dnsanom.settings import Settings


def index(settings: Settings) -> Path:
    """Where the index is, or will be."""
    return settings.root / "expectations" / SITE_FOLDER / "index.html"


def build(settings: Settings, context: Context | None = None) -> Path:
    """Build the pages of results that have none yet, and the index; returns the index.

    Once after a pull, not with each export: the index lists them all. Raises QualityError if the project
    can't be opened or a page can't be built.
    """
    project = (context or open_context(settings)).project
    from great_expectations.data_context.types.resource_identifiers import ExpectationSuiteIdentifier

    page = index(settings)
    store = project.validation_results_store
    kept = _prune(store, page, settings.params.quality.keep_results)
    new = [key for key in kept if not _page(page, key).exists() and stored(store, key)]
    project.build_data_docs(resource_identifiers=[ExpectationSuiteIdentifier(name=SUITE), *new])
    # Great Expectations only logs that a page could not be built.
    for key in new:
        if not _page(page, key).exists():
            raise QualityError(f"{_page(page, key)}: the page could not be built")
    return page


def _prune(store: Any, index_page: Path, keep: int) -> list[Any]:
    """Remove all but the newest results, and their pages; the keys of those that stay."""
    keys = sorted(store.list_keys(), key=lambda key: key.run_id.run_time, reverse=True)
    for key in keys[keep:]:
        store.remove_key(key)
        page, results = _page(index_page, key), Path(store.store_backend.full_base_directory)
        page.unlink(missing_ok=True)
        _remove_empty(page.parent, index_page.parent)
        _remove_empty(results.joinpath(*key.to_tuple()).parent, results)
    return keys[:keep]


def _remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder, and those above it, that hold nothing any more."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _page(index_page: Path, key: Any) -> Path:
    return index_page.parent.joinpath("validations", *key.to_tuple()).with_suffix(".html")
