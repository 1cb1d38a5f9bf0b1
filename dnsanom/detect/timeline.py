"""The alerts over time, as an inline SVG: a lane for each vector, a bar for each alert."""

from datetime import UTC, datetime, timedelta
from html import escape

from dnsanom.detect.alert import Alert, Scored

LANE_TOP, ROW, MOST_ROWS = 22, 9, 8
#: Steps between ticks, in minutes: the first that gives six ticks or fewer is taken.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200)


def timeline(alerts: list[Alert], scored: Scored) -> str:
    """An SVG as wide as the page, over the time that was scored or that the alerts lasted.

    Places are in percent, so that its text keeps its size on a phone.
    """
    start, end = _bounds(alerts, scored)
    vectors = sorted({a["vector"] for a in alerts})
    y, parts = 6, []
    for vector in vectors:
        lane, height = _lane(vector, [a for a in alerts if a["vector"] == vector], y, start, end)
        parts.append(lane)
        y += height
    ticks = "".join(_tick(t, y, start, end) for t in _ticks(start, end))
    label = f"Time line of {len(alerts)} alerts by vector"
    return (
        f'<svg class="time" height="{y + 22}" role="img" aria-label="{label}">{ticks}{"".join(parts)}</svg>'
    )


def _bounds(alerts: list[Alert], scored: Scored) -> tuple[datetime, datetime]:
    start = min(_time(text) for text in (scored.first, *(a["first_seen"] for a in alerts)) if text)
    end = max(_time(text) for text in (scored.last, *(a["last_seen"] for a in alerts)) if text)
    margin = max((end - start) * 0.02, timedelta(seconds=30))
    return start - margin, end + margin


def _lane(vector: str, alerts: list[Alert], y: int, start: datetime, end: datetime) -> tuple[str, int]:
    """The lane's markup and height; alerts that overlap are drawn below one another, `MOST_ROWS` deep."""
    free: list[datetime] = []
    marks = []
    for alert in sorted(alerts, key=lambda a: a["first_seen"]):
        first, last = _time(alert["first_seen"]), _time(alert["last_seen"])
        row = next((n for n, until in enumerate(free) if until < first), len(free) % MOST_ROWS)
        free[row : row + 1] = [max(last, first + (end - start) * 0.006)]
        marks.append(
            _mark(alert, _percent(first, start, end), _percent(last, start, end), y + LANE_TOP + row * ROW)
        )
    name = f'<text x="0" y="{y + 15}">{escape(vector.replace("_", " "))} ({len(alerts)})</text>'
    return f'<g style="--c:var(--{escape(vector)})">{name}{"".join(marks)}</g>', LANE_TOP + len(
        free
    ) * ROW + 6


def _mark(alert: Alert, left: float, right: float, y: int) -> str:
    width = max(right - left, 0.5)
    opacity = 0.45 + 0.55 * alert["severity"] / 100
    title = escape(f"{alert['first_seen'][11:19]} {alert['words']}")
    return (
        f'<a href="#a-{escape(alert["id"])}"><title>{title}</title>'
        f'<rect x="{left:.2f}%" y="{y}" width="{width:.2f}%" height="{ROW - 2}" '
        f'fill-opacity="{opacity:.2f}"/></a>'
    )


def _ticks(start: datetime, end: datetime) -> list[datetime]:
    minutes = (end - start).total_seconds() / 60
    step = next((s for s in STEPS if minutes / s <= 6), STEPS[-1]) * 60
    first = -(-int(start.timestamp()) // step) * step
    return [datetime.fromtimestamp(t, UTC) for t in range(first, int(end.timestamp()) + 1, step)]


def _tick(time: datetime, height: int, start: datetime, end: datetime) -> str:
    x = _percent(time, start, end)
    text = time.strftime("%H:%M") if time.hour or time.minute else time.strftime("%d %b")
    anchor = "start" if x < 4 else "end" if x > 96 else "middle"
    return (
        f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{height}"/>'
        f'<text x="{x:.2f}%" y="{height + 16}" text-anchor="{anchor}">{text}</text>'
    )


def _percent(time: datetime, start: datetime, end: datetime) -> float:
    return 100 * ((time - start) / (end - start))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
