"""What a run leaves to look at. The keys stay the same, so Prefect shows each as a history."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from prefect.artifacts import create_link_artifact, create_table_artifact

from dnsanom.servers import pages
from dnsanom.settings import Settings

#: Rows of a table that Prefect's page still shows at once.
MOST = 500


def table(key: str, rows: Iterable[Mapping[str, Any]], description: str) -> None:
    """A table under the key; no table for no rows, and no more than MOST rows."""
    shown = [dict(row) for row in rows]
    if len(shown) > MOST:
        description = f"{description} The first {MOST} of {len(shown):,}."
    if shown:
        create_table_artifact(table=shown[:MOST], key=key, description=description)


def page(settings: Settings, key: str, path: Path, text: str, description: str) -> None:
    """A link to a page that dnsanom wrote, by the local page server where there is one."""
    link(key, pages.link(settings, path), text, description)


def link(key: str, address: str, text: str, description: str) -> None:
    """A link under the key."""
    create_link_artifact(link=address, link_text=text, key=key, description=description)
