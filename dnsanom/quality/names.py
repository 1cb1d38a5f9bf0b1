"""File names for object keys."""

import hashlib
import re

_LONGEST = 100


def safe_name(key: str) -> str:
    """A file name that says which key it is for, one to one, whatever the key holds.

    Letters, digits, dots, dashes and underscores stay, all else becomes an underscore; the key's hash behind
    keeps keys apart that look alike then. At most 111 ASCII characters; no leading dot, no separator.
    """
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", key).strip("._-")
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{readable[-_LONGEST:].lstrip('._-') or 'key'}-{digest}"
