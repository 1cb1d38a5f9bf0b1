"""How the JSON of a program is known: an object that begins early, and one of the program's keys in it."""

import re
from collections.abc import Sequence
from functools import lru_cache

_LOOKED_AT = 16 << 10
_OPENS = re.compile(rb"(?:\A|\n)(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}[\[{]")


def begins_with(data: bytes, keys: Sequence[str]) -> bool:
    """Does a line open an array or object within the first bytes, and does one of the keys stand there?"""
    head = data[:_LOOKED_AT]
    return _opens(head) and any(re.search(rb'"%s"\s{0,8}:' % key.encode(), head) is not None for key in keys)


@lru_cache(maxsize=1)
def _opens(head: bytes) -> bool:
    """The sniffers of all programs ask."""
    return (b"{" in head or b"[" in head) and _OPENS.search(head) is not None
