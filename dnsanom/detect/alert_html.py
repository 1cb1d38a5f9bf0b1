"""One alert as HTML: a line to scan, and all that is known below it."""

from datetime import datetime
from html import escape

from dnsanom.detect.alert import Alert, Evidence, plural
from dnsanom.detect.words import number

LEVELS = ((60, "high"), (35, "medium"), (0, "low"))
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def alert_html(alert: Alert) -> str:
    """A `details` element; its summary is the line of the list."""
    vector = escape(alert["vector"])
    why = "".join(f"<li>{escape(piece['words'])}</li>" for piece in alert["evidence"][:3])
    return (
        f'<details class="alert" id="a-{escape(alert["id"])}" data-vector="{vector}" '
        f'style="--c:var(--{vector})">'
        f"<summary>{_severity(alert)}"
        f'<div class="vector">{escape(vector_name(alert["vector"]))}</div>'
        f'<div class="when">{_when(alert)}</div>'
        f'<div class="who">{_who(alert)}</div>'
        f'<ul class="why">{why}</ul>'
        f'<div class="traffic num">{_traffic(alert)}</div></summary>'
        f'<div class="more">{_evidence(alert["evidence"])}<dl>{_facts(alert)}</dl></div></details>'
    )


def vector_name(vector: str) -> str:
    """`water torture`."""
    return vector.replace("_", " ")


def level(severity: int) -> str:
    """high, medium or low."""
    return next(name for least, name in LEVELS if severity >= least)


def lasting(first: str, last: str) -> str:
    """The time between two moments: `under 1 s`, `42 s`, `14 min`, `2 h 5 min`."""
    seconds = round((datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds())
    if seconds < 60:
        return f"{seconds} s" if seconds else "under 1 s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: int) -> str:
    """Bytes with a decimal unit: `1.2 MB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number(value)} {UNITS[unit]}" if unit == 0 or value >= 10 else f"{value:.1f} {UNITS[unit]}"


def _severity(alert: Alert) -> str:
    name = level(alert["severity"])
    return f'<div class="sev {name}">{alert["severity"]}<small>{name}</small></div>'


def _when(alert: Alert) -> str:
    first, last = alert["first_seen"], alert["last_seen"]
    return f'{first[:10]} {first[11:19]}<br><span class="soft">for {lasting(first, last)}</span>'


def _who(alert: Alert) -> str:
    ends = [
        _end(alert["client"], alert["clients"], "client"),
        _end(alert["server"], alert["servers"], "server"),
    ]
    return f"{ends[0]}<br>→ {ends[1]}"


def _end(address: str | None, count: int, noun: str) -> str:
    return f'<span class="host">{escape(address)}</span>' if address else f"<b>{plural(count, noun)}</b>"


def _traffic(alert: Alert) -> str:
    packets, flows = plural(alert["packets"], "packet"), plural(alert["flows"], "flow")
    return f"{packets}<br> {size(alert['bytes'])}<br> {flows}"


def _evidence(pieces: list[Evidence]) -> str:
    rows = "".join(
        f"<tr><td>{escape(p['words'])}</td><td>{escape(p['feature'])}</td>"
        f'<td class="num">{number(p["value"])}</td><td class="num">{number(p["usual"])}</td>'
        f'<td class="num">{p["z"]:+,.1f}</td><td>{"yes" if p["in_model"] else "no"}</td></tr>'
        for p in pieces
    )
    heads = '<th>At its peak</th><th>Feature</th><th class="num">Value</th><th class="num">Usual</th>'
    heads += '<th class="num">Robust z</th><th>In the model</th>'
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _facts(alert: Alert) -> str:
    facts = {
        "Score": f"{alert['score']:.3f}, alert from {alert['threshold']:.3f}",
        "Seen": f"{alert['first_seen']} to {alert['last_seen']}",
        "Windows": f"{alert['windows']:,} of {alert['window_seconds']} s flagged; peak {alert['peak']}",
        "Stretches": ", ".join(f"{start[11:19]}–{end[11:19]}" for start, end in alert["spans"]),
        "Said to be": ", ".join(f"{vector_name(name)} in {n:,}" for name, n in alert["vectors"].items()),
        "Most active": ", ".join(alert["examples"]),
        "Listed as": ", ".join(alert["noise"]),
        "Exports": ", ".join(alert["exports"]),
        "Alert id": alert["id"],
        "Model": f"{alert['model']['name']} version {alert['model']['version']}, {alert['view']} view",
        "Data md5": alert["data_md5"],
        "Code": alert["code"],
    }
    return "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items() if text)
