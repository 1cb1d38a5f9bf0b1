"""One alert as HTML: a line to scan, and all that is known below it."""

from datetime import datetime
from html import escape

from dnsanom.detect.alert import Alert, Evidence, model_words, plural
from dnsanom.detect.words import number

LEVELS = ((60, "high"), (35, "medium"), (0, "low"))
#: Columns of the evidence, and what each says.
COLUMNS = {
    "What made the alert": "at its peak window",
    "Of the score": "share of the step from usual traffic's score to this one (Shapley value)",
    "Value": "at the peak",
    "Its own": "median of the client's windows before",
    "Its peers": "median of other clients of its kind at the time",
    "Training": "median of benign training rows",
    "Robust z": "distance from that median, in spreads",
    "Feature": "its name in the data set",
}
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
        f'<div class="more">{_evidence(alert)}<dl>{_facts(alert)}</dl></div></details>'
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
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def short(count: int, noun: str) -> str:
    """A count for scanning: `1 flow`, `8,000 flows`, `72 million flows`."""
    return f"{count / 1e6:,.3g} million {noun}s" if count >= 1e6 else plural(count, noun)


def size(count: int) -> str:
    """Bytes with a decimal unit: `1.2 MB`."""
    value, unit = float(count), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:,.0f} {UNITS[unit]}" if unit == 0 or value >= 10 else f"{value:.1f} {UNITS[unit]}"


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
    counts = short(alert["packets"], "packet"), size(alert["bytes"]), short(alert["flows"], "flow")
    return "".join(f"<span>{count}</span> " for count in counts)


def _evidence(alert: Alert) -> str:
    rows = "".join(_row(piece) for piece in alert["evidence"])
    heads = "".join(f'<th title="{told}">{name}</th>' for name, told in COLUMNS.items())
    peak = alert["peak"]
    at = escape(f"Peak window {peak['window'][11:19]}, {peak['client']} → {peak['server']}")
    return (
        f'<div><p class="soft">{at}</p>'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{_neighbours(alert)}</div>"
    )


def _row(piece: Evidence) -> str:
    cells = (
        escape(piece["words"]),
        _share(piece),
        number(piece["value"]),
        _known(piece["own"]),
        _known(piece["peers"]),
        number(piece["usual"]),
        f"{piece['z']:+,.1f}".replace("-", "−"),
        escape(piece["feature"]),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _share(piece: Evidence) -> str:
    """A bar and a number; nothing for a feature that the model does not see."""
    if not piece["in_model"]:
        return '<span class="soft">not seen</span>'
    width = round(44 * min(max(piece["share"], 0.0), 1.0))
    text = f"{100 * piece['share']:.0f} %".replace("-", "−")
    return f'<span class="share" style="width:{width}px"></span>{text}'


def _known(value: float | None) -> str:
    return "–" if value is None else number(value)


def _neighbours(alert: Alert) -> str:
    """The nearest labelled rows, equal ones as one, in a sentence."""
    if not alert["neighbours"]:
        return ""
    near = (
        f"<b>{escape(vector_name(n['vector']))}</b> at {number(n['distance'])} ({short(n['rows'], 'row')})"
        for n in alert["neighbours"]
    )
    return f'<p class="soft">Nearest labelled rows, in standard deviations: {", ".join(near)}.</p>'


def _facts(alert: Alert) -> str:
    facts = {
        "Score": f"{alert['score']:.3f}, alert from {alert['threshold']:.3f}",
        "Seen": f"{alert['first_seen']} to {alert['last_seen']}",
        "Windows": f"{alert['windows']:,} of {alert['window_seconds']} s flagged",
        "Stretches": ", ".join(f"{start[11:19]}–{end[11:19]}" for start, end in alert["spans"]),
        "Said to be": ", ".join(f"{vector_name(name)} in {n:,}" for name, n in alert["vectors"].items()),
        "Most active": ", ".join(alert["examples"]),
        "Listed as": ", ".join(alert["noise"]),
        "Exports": ", ".join(alert["exports"]),
        "Alert id": alert["id"],
        "Model": f"{model_words(alert['model'])}, {alert['view']} view",
        "Data md5": alert["data_md5"],
        "Code": alert["code"],
    }
    return "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items() if text)
