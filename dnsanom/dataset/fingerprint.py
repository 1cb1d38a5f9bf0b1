"""The md5 that DVC gives a folder, counted from its files: the same number without DVC's long import.

DVC names a folder by the md5 of a JSON list of its files, each with its path and its own md5, sorted by path.
"""

import hashlib
import json
from pathlib import Path

from dnsanom.errors import DatasetError
from dnsanom.settings import Settings


def folder_md5(folder: Path) -> str:
    """The folder's md5 with DVC's suffix `.dir`. Raises FileNotFoundError if there is no such folder."""
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    files = sorted(p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    entries = [{"md5": _file_md5(folder / path), "relpath": path.as_posix()} for path in files]
    text = json.dumps(sorted(entries, key=lambda e: e["relpath"]), sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"


def _file_md5(path: Path) -> str:
    total = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def md5(settings: Settings, view: str) -> str:
    """The md5 that names the view's data set in dvc.lock, counted from its files so that it is never stale.

    Raises DatasetError if the data set has not been prepared.
    """
    try:
        return folder_md5(settings.dataset(view))
    except FileNotFoundError as error:
        raise DatasetError(
            f"{settings.dataset(view)}: no data set; run `dnsanom prepare --view {view}`"
        ) from error
