"""The same work on several parts, side by side: numpy and Arrow let go of the interpreter while they copy."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")
_THREADS = 2


def side_by_side(work: Callable[[Part], Result], parts: Sequence[Part], worth_it: bool) -> list[Result]:
    """The results in the parts' order; without threads when they would cost more than they save."""
    if not worth_it:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, parts))
