"""Inputs by their number, tried one after the other in this process."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from random import Random

from fuzz.promise import BrokenError, try_one
from fuzz.targets import CORPUS, Target

#: One of so many inputs is read as a large export is.
_AS_LARGE = 4


def inputs(target: Target) -> tuple[bytes, ...]:
    """What is hurt: the valid exports and the kept inputs."""
    return (*target.seeds, *(path.read_bytes() for path in target.kept))


def make(target: Target, base: tuple[bytes, ...], seed: int, number: int) -> tuple[bytes, bool]:
    """The input of a number, and whether only its DNS is read."""
    draw = Random(seed << 40 | number)
    return target.mutate(draw.choice(base), draw), draw.random() < 0.5


def failures(
    target: Target, seed: int, numbers: Iterable[int], started: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, bool, bytes | None, str]]:
    """For each number whether it was read, and if it broke a promise the input and which; `started` hears of
    each number before it is tried."""
    base = inputs(target)
    for number in numbers:
        started(number)
        data, dns_only = make(target, base, seed, number)
        try:
            yield number, try_one(data, dns_only, number % _AS_LARGE == 0), None, ""
        except BrokenError as broken:
            yield number, False, data, str(broken)


def replay(target: Target) -> Iterator[tuple[Path, str]]:
    """The kept inputs, untouched, that break a promise, and which."""
    for path in target.kept:
        for dns_only, as_large in product((False, True), repeat=2):
            try:
                try_one(path.read_bytes(), dns_only, as_large)
            except BrokenError as broken:
                yield path, str(broken)


def keep(target: Target, data: bytes) -> Path:
    """Save an input in the corpus."""
    path = CORPUS / target.name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
