"""The command: formats one after the other, a line on each every few seconds, failures saved and named."""

import argparse
import os
import sys
import time

from fuzz.run import inputs, keep, make, replay
from fuzz.targets import Target, targets
from fuzz.workers import watch

_EVERY = 10.0
#: Failures of a format after which it is left; one fault shows in thousands of inputs.
_ENOUGH = 20


def main() -> int:
    """Fuzz the formats; 1 when an input broke a promise."""
    options = _options()
    bad = sum(_fuzz(targets()[name], options) for name in options.formats)
    print(f"{bad} failures" if bad else "no input broke a promise")
    return 1 if bad else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="inputs a format")
    parser.add_argument("--formats", type=_names, default=list(targets()), help="names, with commas between")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="at most, a format")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in targets()]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: known are {', '.join(targets())}")
    return names


def _fuzz(target: Target, options: argparse.Namespace) -> int:
    """Failures of one format, each printed where it shows first."""
    bad = 0
    for path, broken in replay(target):
        bad += 1
        print(f"{target.name}: FAILED again: {broken}: {path}", flush=True)
    base, seen = inputs(target), set[str]()
    tried = read = 0
    began = told_at = time.monotonic()
    for told in watch(target.name, options.seed, options.inputs, options.jobs, options.seconds):
        tried, read = tried + told.tried, read + told.read
        if told.broken:
            bad += 1
            if told.broken.split(": ")[0] not in seen:
                seen.add(told.broken.split(": ")[0])
                data = told.data or make(target, base, options.seed, told.number)[0]
                where = f"input {told.number} of seed {options.seed}, saved as {keep(target, data)}"
                print(f"{target.name}: FAILED: {told.broken}: {where}", flush=True)
            if bad >= _ENOUGH:
                break
        if time.monotonic() - told_at > _EVERY:
            told_at = time.monotonic()
            print(_line(target, tried, read, told_at - began), flush=True)
    print(_line(target, tried, read, time.monotonic() - began) + f", {bad} failed", flush=True)
    return bad


def _line(target: Target, tried: int, read: int, took: float) -> str:
    share = read / tried if tried else 0
    return f"{target.name}: {tried:,} inputs, {tried / took:,.0f}/s, {share:.0%} read"


if __name__ == "__main__":
    sys.exit(main())
