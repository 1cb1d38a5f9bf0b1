"""`dnsanom …`: thin commands. Each imports what it needs when it runs, so that `--help` is quick."""

import importlib
import os
import sys

import click

from dnsanom import __version__
from dnsanom.errors import DnsanomError

#: Command → the module that holds it, as a function of the command's name (dashes as underscores).
COMMANDS: dict[str, tuple[str, str]] = {
    "simulate": ("data", "Write an ISP's DNS day as exports, with its truth."),
    "decode": ("data", "Any export to canonical flows in Parquet."),
    "pull": ("data", "New exports of the store into the lake, validated."),
    "ledger": ("ledger", "Exports by state, and another try for quarantined ones."),
    "freeze": ("data", "Take the lake's newest days as the version to learn from."),
    "prepare": ("learn", "Data set of a view, split by time."),
    "sweep": ("learn", "Try every hyperparameter of a model, logged to MLflow."),
    "evaluate": ("learn", "Test report of a view: JSON, figures, HTML."),
    "promote": ("learn", "Move the champion alias, if the candidate passes the gate."),
    "rollback": ("learn", "Back to the previous champion."),
    "detect": ("run", "Alerts from the lake, or straight from exports."),
    "verdict": ("verdict", "Say what an alert was; the next data set is labelled so."),
    "explain": ("alerts", "Derive an alert again and say whether anything differs."),
    "shadow": ("alerts", "What a challenger would alert differently from the champion."),
    "card": ("learn", "The model card of a version."),
    "doctor": ("run", "Check settings, servers and versions, and say what to do."),
    "demo": ("run", "The whole job on simulated exports."),
    "up": ("run", "Start S3, MLflow, Prefect and a worker on loopback."),
    "down": ("run", "Stop what `up` started."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"dnsanom.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dnsanom")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Find anomalies in an ISP's DNS traffic from NetFlow exports alone.

    \b
    Example:
      dnsanom detect 'exports/nfcapd.*' --out alerts.json
    """


def main() -> None:
    """Run the command line; an error ends on one line, with exit 2 for bad use and 1 for a failure.

    An exception that nobody foresaw also ends on one line: a NOC's log should not fill with tracebacks.
    """
    _quieten()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.exceptions.Abort:
        sys.exit("dnsanom: stopped")
    except click.ClickException as error:
        click.echo(f"dnsanom: {error.format_message()}", err=True)
        sys.exit(2)
    except DnsanomError as error:
        if "--debug" in sys.argv[1:]:
            raise
        click.echo(f"dnsanom: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        words = " ".join(f"{type(error).__name__}: {error}".split())
        click.echo(f"dnsanom: unexpected {words} (dnsanom --debug shows where; please report it)", err=True)
        sys.exit(1)


def _quieten() -> None:
    """Telemetry of every dependency off, for this process and its children, unless the user set it."""
    for name, value in {
        "DO_NOT_TRACK": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GX_ANALYTICS_ENABLED": "false",
        "DVC_NO_ANALYTICS": "true",
    }.items():
        os.environ.setdefault(name, value)
