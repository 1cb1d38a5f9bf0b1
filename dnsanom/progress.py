"""How long work tells how far it is."""

from collections.abc import Callable

#: done so far, total, a short note (such as flows/s)
Progress = Callable[[int, int, str], None]
