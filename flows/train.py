"""Flow `train`: the lake's newest days become a version of the data, models, and champions if better."""

from datetime import datetime
from typing import Any, Literal

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from dnsanom.settings import load_settings
from flows import artifacts
from flows.edge import ONCE, RETRIED, done, logged, one_line

View = Literal["window", "flow"]


@flow(
    name="train",
    description="Freeze the lake's newest days, sweep, evaluate, promote what beats the champion.",
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
    freeze_flows(since, until)
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
    md5 = str(track_flows(settings))
    get_run_logger().info(f"frozen flows in {folder}, tracked by DVC as {md5}")
    return md5


@task(name="dvc repro", **ONCE)
def run_stages(views: tuple[str, ...]) -> list[str]:
    """Prepare, sweep and evaluate what has changed; returns the stages that ran."""
    from dnsanom.dataset.version import repro

    ran = list(repro(load_settings(), progress=logged("dvc repro")))
    get_run_logger().info(f"stages run: {', '.join(ran) or 'none, nothing has changed'}")
    return ran


@task(name="promote", task_run_name="promote {view}", **RETRIED)
def promote_view(view: str) -> str:
    """Make the candidate champion if it passes the gate; the verdict in one line."""
    from dnsanom.model.promote import promote

    verdict = promote(load_settings(), view)
    for reason in verdict.reasons:
        get_run_logger().info(f"{view}: {reason}")
    return f"{view}: {'promoted' if verdict.promote else 'not promoted'}"


@task(name="dvc push", **RETRIED)
def push_data() -> None:
    """The versioned data to the store."""
    from dnsanom.dataset.version import push

    push(load_settings())


@task(name="show report", task_run_name="show report {view}", **ONCE)
def show(view: str) -> None:
    """The leader-board as a table; links to the test report and to MLflow."""
    settings = load_settings()
    report = settings.report(view) / "report.html"
    artifacts.page(settings, f"train-report-{view}", report, f"Test report, {view} view", "F1 against truth.")
    if settings.mlflow_uri.startswith("http"):
        artifacts.link("train-mlflow", settings.mlflow_uri, "MLflow", "Every run of every sweep.")
