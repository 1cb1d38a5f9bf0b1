"""Commands that run things: detect, doctor, demo, up, down."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("sources", metavar="[SRC]...", nargs=-1)
@click.option("--view", type=click.Choice(["window", "flow"]), help="Default: detect.view of params.yaml.")
@click.option("--model", help="Model folder or MLflow URI (default: the view's champion).")
@click.option("--out", default="alerts.json", show_default=True, type=click.Path(path_type=Path))
def detect(sources: tuple[str, ...], view: str | None, model: str | None, out: Path) -> None:
    """Alerts from the lake's new exports, or straight from exports (paths, globs, s3:// URLs).

    Writes the alerts to OUT and the same as a page beside it (alerts.html for alerts.json).

    \b
    Example:
      dnsanom detect 'exports/nfcapd.2026030300*' --out alerts.json
    """
    from dnsanom.cli.output import say
    from dnsanom.detect.detect import detect_to
    from dnsanom.settings import load_settings

    report = detect_to(load_settings(), list(sources), view, model, out)
    for line in report.lines():
        say(line)
    if report.failed:
        sys.exit(1)


@click.command()
def doctor() -> None:
    """Check settings, servers and versions, and say what to do.

    \b
    Example:
      dnsanom doctor
    """
    from dnsanom.cli.output import say
    from dnsanom.doctor import examine

    checks = examine()
    for check in checks:
        say(check.line())
    if not all(check.ok for check in checks):
        sys.exit(1)


@click.command()
def demo() -> None:
    """Run the whole job on simulated exports: store, pull, validate, learn, promote, detect.

    \b
    Example:
      dnsanom demo
    """
    from dnsanom.demo import demo as run_demo

    run_demo()


@click.command()
@click.option("--s3-port", type=click.IntRange(1, 65_535), help="Default: $DNSANOM_S3_PORT or 8333.")
@click.option("--mlflow-port", type=click.IntRange(1, 65_535), help="$DNSANOM_MLFLOW_PORT or 5000.")
@click.option("--prefect-port", type=click.IntRange(1, 65_535), help="$DNSANOM_PREFECT_PORT or 4200.")
@click.option("--pages-port", type=click.IntRange(1, 65_535), help="$DNSANOM_PAGES_PORT or 8088.")
def up(**ports: int | None) -> None:
    """Start S3, MLflow, Prefect, a worker and the pages on loopback, deploy the flows, print the addresses.

    A store or an MLflow server that the environment names is used, and none is started.

    \b
    Example:
      dnsanom up --mlflow-port 5001
    """
    from dnsanom.cli.output import say
    from dnsanom.servers.stack import up as start
    from dnsanom.settings import load_settings

    settings = load_settings()
    chosen = {name.removesuffix("_port"): port for name, port in ports.items() if port is not None}
    for line in start(settings, settings.ports.model_copy(update=chosen), say):
        say(line)


@click.command()
def down() -> None:
    """Stop what `dnsanom up` started, and wait until it has ended.

    \b
    Example:
      dnsanom down
    """
    from dnsanom.cli.output import say
    from dnsanom.servers.stack import down as stop
    from dnsanom.settings import load_settings

    for line in stop(load_settings()):
        say(line)
