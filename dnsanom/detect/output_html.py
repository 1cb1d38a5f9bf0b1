"""Alerts as one HTML page that asks nobody for anything: header, time line, list with details, filter."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from dnsanom.detect.alert import Detection, model_words, plural
from dnsanom.detect.alert_html import alert_html, vector_name
from dnsanom.detect.output_file import put
from dnsanom.detect.timeline import timeline

ROWS = {"window": "windows", "flow": "flow rows"}


def write(path: Path, found: Detection) -> None:
    """Write the page whole, see `put`."""
    put(path, page(found))


def page(found: Detection) -> str:
    """The page's HTML. Everything that came from traffic, names or settings is escaped."""
    template = Template(files("dnsanom.detect").joinpath("page.html").read_text(encoding="utf-8"))
    heading = f"{plural(len(found), 'DNS alert')}" if len(found) else "No DNS alerts"
    return template.substitute(
        title=escape(heading),
        heading=escape(heading),
        subtitle=escape(_subtitle(found)),
        facts="".join(f"<li>{fact}</li>" for fact in _facts(found)),
        notices=_notices(found),
        body=_alerts(found) if len(found) else _empty(found),
    )


def _subtitle(found: Detection) -> str:
    s = found.scored
    if s.first is None or s.last is None:
        return "No traffic was scored."
    return (
        f"{_moment(s.first)} to {_moment(s.last)} UTC, from {'the lake' if found.from_lake else _read(found)}"
    )


def _read(found: Detection) -> str:
    return plural(found.sources - len(found.unread) - len(found.ignored), "export")


def _facts(found: Detection) -> list[str]:
    s = found.scored
    return [
        f"<b>{s.rows:,}</b> {ROWS[found.view]} of <b>{s.flows:,}</b> flows scored",
        f"model <b>{escape(model_words(found.model))}</b>",
        f"alert from a score of <b>{found.threshold:.3f}</b>",
        *([f"<b>{found.lone:,}</b> flagged on their own, too small for an alert"] if found.lone else []),
    ]


def _notices(found: Detection) -> str:
    """What did not become part of the picture: unread sources and rejected rows are kept by nobody."""
    items = [one.reason for one in found.unread]
    items += [f"{key}: {count:,} rows that are not flows" for key, count in found.rejected.items()]
    items += [f"{one.source}: {one.reason}" for one in found.ignored]
    withdrawn = "".join(
        f"<li>alert {escape(id_)} was withdrawn: later exports explain it</li>" for id_ in found.withdrawn
    )
    if not items and not withdrawn:
        return ""
    told = (
        ""
        if not items
        else "Left out of this page, and in no quarantine because the exports were read directly:"
    )
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f'<div class="box warn" role="note">{told}<ul>{listed}{withdrawn}</ul></div>'


def _alerts(found: Detection) -> str:
    heads = ("Severity", "Vector", "When", "Who", "What stands out", "Traffic")
    head = "".join(f"<div{' class=num' if name == 'Traffic' else ''}>{name}</div>" for name in heads)
    listed = "".join(alert_html(alert) for alert in found.alerts)
    return (
        f'{_filters(found)}<h2>Time line</h2><div class="box">{timeline(found.alerts, found.scored)}</div>'
        f'<h2>Most severe first</h2><div class="head" aria-hidden="true">{head}</div>{listed}'
        '<p id="none" class="box empty soft" hidden>No alert matches the filter.</p>'
    )


def _filters(found: Detection) -> str:
    chips = [f'<button class="chip" data-vector="" aria-pressed="true">all {len(found)}</button>']
    for vector, count in found.by_vector().items():
        dot = f'<span class="dot" style="--c:var(--{escape(vector)})"></span>'
        chips.append(
            f'<button class="chip" data-vector="{escape(vector)}" aria-pressed="false">'
            f"{dot}{escape(vector_name(vector))} {count}</button>"
        )
    find = '<input id="find" type="search" placeholder="address, export or id" aria-label="Find in alerts">'
    return f'<div class="bar">{"".join(chips)}{find}</div>'


def _empty(found: Detection) -> str:
    s = found.scored
    if found.failed:
        told = "None of the sources could be read, so nothing was looked at."
    elif found.idle:
        told = "Nothing new: every hour of the lake has been scored by this model."
    else:
        told = f"No alerts in {s.rows:,} {ROWS[found.view]} scored."
    return f'<h2></h2><div class="box empty"><b>{told}</b></div>'


def _moment(text: str) -> str:
    return f"{text[:10]} {text[11:16]}"
