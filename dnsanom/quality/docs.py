"""Data Docs: a page for every export that was validated, and one for the suite."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from dnsanom.quality.checkpoint import open_context
from dnsanom.settings import Settings


def build(settings: Settings, context: Any = None) -> Path:
    """Build the pages of all stored results; returns their index.html."""
    context = context or open_context(settings)
    (index,) = context.project.build_data_docs().values()
    return Path(unquote(urlparse(index).path))
