"""What subprocesses say, line by line: DVC's stages know no Prefect."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: How dnsanom's command line says why it ends.
_REASON = re.compile(r"^dnsanom: (.*)$")


@dataclass
class Heard:
    """The last reason that a dnsanom command gave for its end."""

    reason: str | None = None

    def note(self, line: str) -> None:
        """Remember the line if it is a reason."""
        if found := _REASON.match(line):
            self.reason = found[1]


@contextmanager
def overhear(say: Callable[[str], None]) -> Iterator[Heard]:
    """Give each line of standard output to `say` instead, and note reasons on standard error.

    Both are watched where subprocesses inherit them, as file descriptors. `say` may write to standard error,
    never to standard output, where it would be heard again.
    """
    heard = Heard()
    with _tap(1, say, keep=False), _tap(2, heard.note, keep=True):
        yield heard


@contextmanager
def _tap(descriptor: int, tell: Callable[[str], None], keep: bool) -> Iterator[None]:
    before = os.dup(descriptor)
    out, into = os.pipe()
    os.dup2(into, descriptor)
    os.close(into)
    reader = threading.Thread(target=_copy, args=(out, before if keep else None, tell), daemon=True)
    reader.start()
    try:
        yield
    finally:
        os.dup2(before, descriptor)
        # A child that lives on holds the pipe open; what it says from here on is not waited for.
        reader.join(timeout=5)
        os.close(before)


def _copy(out: int, to: int | None, tell: Callable[[str], None]) -> None:
    with os.fdopen(out, "rb") as lines:
        for line in lines:
            if to is not None:
                os.write(to, line)
            if text := line.decode(errors="replace").rstrip():
                tell(text)
