"""Many settings of a model, fitted on training rows and compared on validation rows, never on test."""

from collections.abc import Callable, Iterator
from typing import Literal

from dnsanom.model import board, tracking
from dnsanom.model.best import chosen, write
from dnsanom.model.board import Result, Row
from dnsanom.model.finished import Finished
from dnsanom.model.logged import log_best, log_result
from dnsanom.model.plan import Plan, plan, tried
from dnsanom.settings import Settings

Say = Callable[[str], None]
How = Literal["grid", "optuna"]


def sweep(
    settings: Settings,
    view: str,
    model: str,
    say: Say = print,
    search: How = "grid",
    trials: int | None = None,
) -> list[Row]:
    """Try settings of `model`; keep the one that is worth most (`scoring.worth`) of the best by macro-F1.

    `grid` tries every setting of the grid. `optuna` draws `trials` settings (default: sweep.search.trials)
    from the ranges of sweep.search; what is hopeless on a share of the training rows is dropped.

    Writes the best as a bundle, the leader-board as sweep.json and .csv, and what rounding costs as
    resolution.json to the candidate's folder; logs a parent run, with the leader-board's picture, and one
    nested run a setting. A sweep that was killed goes on where it was. Gives the leader-board, best first.
    """
    this = plan(settings, view, model, search)
    if search == "grid":
        return _grid(this, say)
    return _search(this, trials or settings.params.sweep.search.trials, say)


def _grid(this: Plan, say: Say) -> list[Row]:
    finished = Finished(this.settings.var / "sweeps" / f"{this.view}-{this.model}", this.made_of())
    with tracking.run(
        this.settings, this.view, f"sweep {this.model}", this.tags, resumed=finished.run
    ) as parent:
        finished.goes_to(parent.id)
        results = []
        for result, new in _gridded(this, finished, say):
            results.append(result)
            if new:
                log_result(this, parent, result)
                finished.add(result)
                _tell(this, result, len(results), sum(len(s) for _, s in this.grid()), say)
        rows = _close(this, parent, results)
    finished.forget()
    return rows


def _gridded(this: Plan, finished: Finished, say: Say) -> Iterator[tuple[Result, bool]]:
    """Of every setting: what an earlier sweep finished, then what is tried now, which is new."""
    before = {place: finished.load(place, settings) for place, settings in this.grid()}
    count = sum(map(len, before.values()))
    if count:
        total = sum(len(settings) for _, settings in this.grid())
        say(f"{this.view} {this.model}: {count} of {total} settings were finished before")
    for results in before.values():
        yield from ((result, False) for result in results)
    for place, settings in this.grid():
        done = [result.setting for result in before[place]]
        left = [setting for setting in settings if setting not in done]
        if left:
            yield from ((result, True) for result in tried(this.model, left, this.grounds.at(place)))


def _search(this: Plan, trials: int, say: Say) -> list[Row]:
    from dnsanom.model.search import Search

    found = Search(this, trials)
    name = f"search {this.model}"
    with tracking.run(this.settings, this.view, name, this.tags, resumed=found.run) as parent:
        found.goes_to(parent.id)
        if found.results:
            say(f"{this.view} {this.model}: {found.count} of {trials} trials were finished before")
        for result in found.trials():
            log_result(this, parent, result)
            _tell(this, result, found.count, trials, say)
        rows = _close(this, parent, found.results)
    found.goes_to(None)
    return rows


def _close(this: Plan, parent: tracking.Run, results: list[Result]) -> list[Row]:
    """Write and log the best of the results; gives the leader-board."""
    ordered = board.ranked(results)
    (result, bundle), rows = chosen(this.model, this.grounds, ordered), board.rows(ordered)
    cost = this.grounds.at(result.place).rounding_cost(this.model, result.setting)
    write(this.folder, bundle, rows, cost)
    log_best(this, parent, bundle, result, rows, cost)
    return rows


def _tell(this: Plan, result: Result, count: int, total: int, say: Say) -> None:
    say(f"{this.view} {this.model} {count}/{total}: {board.line(result)}")
