"""How an export is known: its listing in the store, and the file name that stands for its key."""

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ObjectInfo:
    """One object of a listing; `size` in bytes, `etag` without its quotes, `modified` in UTC."""

    key: str
    etag: str
    size: int
    modified: datetime


def export_id(export_key: str) -> str:
    """The file name for an object key, whatever characters it has: the first 80 bits of its SHA-256."""
    return hashlib.sha256(export_key.encode("utf-8", "surrogatepass")).hexdigest()[:20]
