"""Flow `train`: the lake's newest days become a version of the data, models, and champions if better."""

from datetime import UTC, datetime
from typing import Any, Literal

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from dnsanom.errors import DatasetError
from dnsanom.servers.mlflow import is_server
from dnsanom.settings import load_settings
from flows import artifacts, boards
from flows.edge import ONCE, RETRIED, by_time, done, logged, one_line
from flows.overhear import overhear

View = Literal["window", "flow"]


@flow(
    name="train",
    flow_run_name=by_time,
    description="Freeze the lake's newest days, sweep, evaluate, promote what is better.",
)
@one_line
def train(
    views: tuple[View, ...] = ("window", "flow"), since: datetime | None = None, until: datetime | None = None
) -> State[Any]:
    """Learn from the lake's newest days.

    Its tasks follow one another, and its deployment runs once at a time: DVC locks the project.

    Args:
        views: What rows to learn from: minutes of a pair, flows.
        since: The first hour to learn from; by default `dataset.days` of params.yaml before the end.
        until: The end, exclusive; by default that of the newest complete hour.
    """
    freeze_flows(_utc(since), _utc(until))
    run_stages(views)
    for view in views:
        show(view)
    verdicts = [promote_view(view) for view in views]
    push_data()
    return done("; ".join(verdicts))


@task(name="freeze", **ONCE)
def freeze_flows(since: datetime | None, until: datetime | None) -> str:
    """The version of the data to learn from, tracked by DVC; returns its md5."""
    from dnsanom.dataset.freeze import freeze
    from dnsanom.dataset.version import track_flows

    settings = load_settings()
    folder = freeze(settings, since, until)
    md5 = track_flows(settings)
    get_run_logger().info(f"frozen flows in {folder}, tracked by DVC as {md5}")
    return md5


@task(name="dvc repro", **ONCE)
def run_stages(views: tuple[str, ...]) -> list[str]:
    """Prepare, sweep and evaluate what has changed, with what they say in the log; returns which ran."""
    from dnsanom.dataset.version import repro

    logger = get_run_logger()
    targets = [f"evaluate@{view}" for view in views]
    with overhear(logger.info) as heard:
        try:
            ran = repro(load_settings(), targets, logged("dvc repro", every=0))
        except DatasetError as error:
            # DVC knows no more than the command and its exit status.
            raise DatasetError(f"{heard.reason}: {error}" if heard.reason else str(error)) from error
    logger.info(f"stages run: {', '.join(ran) or 'none, nothing has changed'}")
    return ran


@task(name="show report", task_run_name="show report {view}", **ONCE)
def show(view: str) -> None:
    """The leader-board and the test figures as tables; links to the report and to MLflow."""
    settings = load_settings()
    artifacts.table(
        f"train-leaderboard-{view}",
        boards.leaderboard(settings, view),
        f"Sweep of the {view} view, validation.",
    )
    artifacts.table(f"train-vectors-{view}", boards.vectors(settings, view), boards.labels(settings, view))
    report = settings.report(view) / "report.html"
    artifacts.page(
        settings, f"train-report-{view}", report, f"Test report, {view} view", "Curves and tables."
    )
    if is_server(settings.mlflow_uri):
        address = boards.model_page(settings, view)
        artifacts.link(f"train-model-{view}", address, f"Model of the {view} view", "Versions and champion.")


@task(name="promote", task_run_name="promote {view}", **RETRIED)
def promote_view(view: str) -> str:
    """Make the candidate champion if it passes the gate; returns the verdict in one line."""
    from dnsanom.model.promote import promote

    verdict = promote(load_settings(), view)
    for reason in verdict.reasons:
        get_run_logger().info(f"{view}: {reason}")
    return f"{view} {'promoted' if verdict.promote else 'not promoted'}: {verdict.reasons[0]}"


@task(name="dvc push", **RETRIED)
def push_data() -> int:
    """The versioned data to the store; returns how many files it lacked."""
    from dnsanom.dataset.version import push

    pushed = push(load_settings())
    get_run_logger().info(f"{pushed} files pushed to DVC's remote")
    return pushed


def _utc(time: datetime | None) -> datetime | None:
    """A time without an offset is UTC, as on the command line."""
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time
