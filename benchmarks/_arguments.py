"""The benchmarks' command lines. No benchmark itself, as the underscore says."""

import argparse
import math
from typing import NoReturn


class Arguments(argparse.ArgumentParser):
    """A benchmark's command line: help is its module's docstring, bad use is one line and exit 2."""

    def __init__(self, command: str, doc: str | None) -> None:
        super().__init__(
            prog=f"python -m {command}",
            description=doc,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def size(self, name: str, default: float, text: str) -> None:
        """An optional positional number above 0, whole where the default is."""
        kind = whole if isinstance(default, int) else number
        told = f"{text} (default: {default:,.9g})".replace("%", "%%")
        self.add_argument(name, nargs="?", type=kind, default=default, metavar=name.upper(), help=told)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())} (--help has an example)\n")


def whole(text: str) -> int:
    """A whole number above 0."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number above 0")
    return value


def number(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number above 0")
    return value
