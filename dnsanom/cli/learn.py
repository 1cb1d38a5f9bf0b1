"""Commands that learn: prepare, sweep, evaluate, promote, rollback."""

from pathlib import Path
from typing import Literal

import click

view_option = click.option(
    "--view",
    required=True,
    type=click.Choice(["window", "flow"]),
    help="What one row is: a minute of a pair, a flow.",
)


@click.command()
@view_option
def prepare(view: str) -> None:
    """Make the view's data set of the frozen flows: noise, labels, features, split by time.

    \b
    Example:
      dnsanom prepare --view window
    """
    from dnsanom.cli.output import say
    from dnsanom.dataset.prepare import prepare as prepare_view
    from dnsanom.dataset.summary import notes
    from dnsanom.settings import load_settings

    folder = prepare_view(load_settings(), view)
    say(f"data set in {folder}")
    for note in notes(folder):
        say(f"  {note}")


@click.command()
@view_option
@click.option("--model", required=True, type=click.Choice(["knn", "svm"]))
@click.option(
    "--search",
    default="grid",
    show_default=True,
    type=click.Choice(["grid", "optuna"]),
    help="Every setting of the grid, or settings drawn from the ranges of sweep.search.",
)
@click.option(
    "--trials", type=click.IntRange(min=1), help="Settings to draw in all; else sweep.search.trials."
)
def sweep(view: str, model: str, search: Literal["grid", "optuna"], trials: int | None) -> None:
    """Try settings of a model on validation rows; one nested MLflow run each.

    \b
    Examples:
      dnsanom sweep --view window --model knn
      dnsanom sweep --view window --model svm --search optuna --trials 60
    """
    if trials is not None and search == "grid":
        raise click.UsageError(
            f"--trials {trials}: the grid has its own number of settings; add --search optuna"
        )
    from dnsanom.cli.output import say
    from dnsanom.model.sweep import sweep as sweep_view
    from dnsanom.settings import load_settings

    settings = load_settings()
    sweep_view(settings, view, model, search=search, trials=trials)
    say(f"best {model} in {settings.candidate(view, model)}")


@click.command()
@view_option
@click.option(
    "--on", "sources", multiple=True, metavar="SRC", help="Exports from elsewhere; repeat for more."
)
@click.option(
    "--truth", type=click.Path(path_type=Path), help="What is true of them (default: truth.csv beside)."
)
@click.option("--model", help="With --on: model folder or MLflow URI (default: the view's champion).")
@click.option("--out", type=click.Path(path_type=Path), help="With --on: the report's folder.")
@click.argument("more", metavar="[SRC]...", nargs=-1)
def evaluate(
    view: str,
    sources: tuple[str, ...],
    truth: Path | None,
    model: str | None,
    out: Path | None,
    more: tuple[str, ...],
) -> None:
    """Score the candidates on the test rows: JSON, figures and an HTML report.

    With --on, score the champion on labelled exports from elsewhere: another network, day or capture.

    \b
    Example:
      dnsanom evaluate --view window
      dnsanom evaluate --view window --on other-isp/ --on capture.csv --truth truth.csv
    """
    from dnsanom.cli.output import say
    from dnsanom.errors import BadUseError
    from dnsanom.settings import load_settings

    settings, given = load_settings(), (*sources, *more)
    if given and sources:
        from dnsanom.model.elsewhere import evaluate_on

        say(f"report in {evaluate_on(settings, view, given, model, truth, out, say)}")
        return
    if more or truth or model or out:
        raise BadUseError("--truth, --model, --out and SRC go with --on SRC")
    from dnsanom.model.evaluate import evaluate as evaluate_view

    evaluate_view(settings, view)
    say(f"report in {settings.report(view) / 'report.html'}")


@click.command()
@view_option
@click.option(
    "--new-window",
    is_flag=True,
    help="The change of dns.window_seconds is meant: a champion of windows of another length is no rival.",
)
def promote(view: str, new_window: bool) -> None:
    """Register the evaluated candidate and make it champion, if it beats the champion on the same test rows.

    A champion of windows of another length can't be compared on these, so it keeps the candidate out. With
    --new-window it does not; budget of false alerts, speed and size still hold.

    \b
    Examples:
      dnsanom promote --view window
      dnsanom promote --view window --new-window
    """
    from dnsanom.cli.output import say
    from dnsanom.model.promote import promote as promote_view
    from dnsanom.settings import load_settings

    verdict = promote_view(load_settings(), view, new_window)
    say("promoted" if verdict.promote else "not promoted")
    for reason in verdict.reasons:
        say(f"  {reason}")


@click.command()
@view_option
def rollback(view: str) -> None:
    """Make the previous champion champion again.

    \b
    Example:
      dnsanom rollback --view window
    """
    from dnsanom.cli.output import say
    from dnsanom.model.promote import rollback as rollback_view
    from dnsanom.settings import load_settings

    say(f"champion of {view} is version {rollback_view(load_settings(), view)}")


@click.command()
@view_option
@click.option("--version", help="The version's number (default: the champion's).")
def card(view: str, version: str | None) -> None:
    """Print the model card of a version: data, labels, splits, figures, limits, as Markdown.

    \b
    Example:
      dnsanom card --view window
    """
    from dnsanom.cli.output import say
    from dnsanom.model import registry
    from dnsanom.model.modelcard import CARD_FILE
    from dnsanom.model.tracking import CHAMPION, alias_version
    from dnsanom.settings import load_settings

    settings = load_settings()
    number = version or registry.require(alias_version(settings, view, CHAMPION), view, CHAMPION)
    say(registry.attached(settings, view, number, CARD_FILE).rstrip())
