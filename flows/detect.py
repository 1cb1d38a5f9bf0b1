"""Flow `detect`: the champion scores what came into the lake, and what it flags becomes alerts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger

from dnsanom.errors import NoChampionError
from dnsanom.settings import Settings, load_settings
from flows import artifacts
from flows.edge import RETRIED, by_time, done, one_line


@flow(
    name="detect",
    flow_run_name=by_time,
    description="The champion scores the lake's new exports; what it flags becomes alerts.",
)
@one_line
def detect(view: Literal["window", "flow"] | None = None) -> State[Any]:
    """Score what the lake got since the last run.

    Before the first training there is no champion. That is no failure (state `NoChampion`): a red run every
    five minutes of a platform's first day would teach its operators to look away.

    Args:
        view: What a scored row is, a minute of a pair or a flow; by default `detect.view` of params.yaml.
    """
    told, state = score(view)
    if state is None:
        compare(view)
    return done(told, state)


@task(name="score", **RETRIED)
def score(view: str | None) -> tuple[str, str | None]:
    """New and changed alerts to `data/alerts`, one JSON file and one page a run that has any.

    Returns the report in a line, and the name of the run's state if it has its own.
    """
    from dnsanom.detect.alert import Detection
    from dnsanom.detect.detect import detect as detect_alerts
    from dnsanom.detect.detect import write

    settings = load_settings()
    out = _out(settings)

    def deliver(found: Detection) -> None:
        if found.alerts or found.withdrawn:
            write(out, found)

    try:
        found = detect_alerts(settings, [], view, None, deliver)
    except NoChampionError as error:
        return str(error), "NoChampion"
    first, *rest = found.lines()
    for line in rest:
        get_run_logger().info(line)
    if out.exists():
        _show(settings, found.alerts, out)
    return first, None


@task(name="shadow", **RETRIED)
def compare(view: str | None) -> str | None:
    """The version with the alias `challenger`, if there is one, on the same hours: nobody is alerted by it.

    What it would alert differently goes to `data/shadow`, one JSON file and one page a view, and to the log.
    """
    from dnsanom.detect.shadow import scheduled, shadow_to

    settings = load_settings()
    view = view or settings.params.detect.view
    if not scheduled(settings, view):
        return None
    out = settings.data / "shadow" / f"{view}.json"
    first, *rest = shadow_to(settings, view, None, out).lines()
    for line in (first, *rest):
        get_run_logger().info(line)
    page = out.with_suffix(".html")
    artifacts.page(
        settings, f"detect-shadow-{view}", page, "Shadow run", "What the challenger does differently."
    )
    return first


def _out(settings: Settings) -> Path:
    return settings.data / "alerts" / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}.json"


def _show(settings: Settings, alerts: list[Any], out: Path) -> None:
    artifacts.table("detect-alerts", map(_row, alerts), "New and changed alerts, the most severe first.")
    artifacts.page(
        settings, "detect-alerts-page", out.with_suffix(".html"), "Alerts", "The same with their evidence."
    )


def _row(alert: Any) -> dict[str, Any]:
    return {
        "severity": alert["severity"],
        "vector": alert["vector"],
        "client": alert["client"] or f"{alert['clients']:,} clients",
        "server": alert["server"] or f"{alert['servers']:,} servers",
        "from": alert["first_seen"][:16].replace("T", " "),
        "to": alert["last_seen"][:16].replace("T", " "),
        "score": round(alert["score"], 3),
        "what stands out": alert["words"],
        "id": alert["id"],
    }
