"""How the JSON of a program is known: an object that begins early, and one of the program's keys in it."""

import re
from collections.abc import Sequence

_LOOKED_AT = 16 << 10
_OPENS = re.compile(rb"(?:\A|\n)(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}[\[{]")


def begins_with(data: bytes, keys: Sequence[str]) -> bool:
    """Does a line open an array or object within the first bytes, and does one of the keys stand there?"""
    head = data[:_LOOKED_AT]
    if b"{" not in head and b"[" not in head:
        return False
    return bool(_OPENS.search(head)) and any(
        re.search(rb'"%s"\s{0,8}:' % key.encode(), head) is not None for key in keys
    )
