"""What a command shows while it works: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from dnsanom.progress import Progress


def say(line: str) -> None:
    """Print one line at once."""
    click.echo(line)
    sys.stdout.flush()


@contextmanager
def bar(title: str) -> Iterator[Progress]:
    """A progress callback: a bar on a terminal, a line every five seconds elsewhere."""
    if not sys.stderr.isatty():
        yield _lines(title)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bars(*columns, TimeElapsedColumn(), transient=True) as bars:
        task = bars.add_task(title, note="")
        yield lambda done, total, note: bars.update(task, completed=done, total=total, note=note)


def _lines(title: str, every: float = 5.0) -> Progress:
    last = time.monotonic()

    def show(done: int, total: int, note: str) -> None:
        nonlocal last
        if done == total or time.monotonic() - last >= every:
            last = time.monotonic()
            click.echo(f"{title} {done}/{total} {note}".rstrip(), err=True)

    return show
