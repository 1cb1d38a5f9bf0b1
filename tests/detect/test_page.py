import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from dnsanom.detect.alert import Alert, Detection, Evidence, ModelRef, Neighbour, Scored, Unread
from dnsanom.detect.alert_html import lasting, level, short, size
from dnsanom.detect.output_html import page
from dnsanom.schema import ATTACKS, UNKNOWN

NASTY = '<img src=x onerror="alert(1)">&\'$title'
VOID = {"meta", "link", "input", "br", "img", "line", "rect"}


class Strict(HTMLParser):
    """Fails when a tag is closed that is not the innermost open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


def parse(html: str) -> Strict:
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def alert(n: int = 0, vector: str = "tunnel", text: str = "198.18.0.7") -> Alert:
    piece = Evidence(
        feature="query_packets",
        unit="packets",
        value=1240.0,
        usual=8.0,
        spread=2.0,
        own=None,
        peers=10.0,
        z=-12.3,
        direction="low",
        in_model=True,
        share=0.62,
        words=f"1,240 query packets in 60 s, usually 8 {text}",
    )
    start, end = f"2026-03-02T08:{n % 60:02d}:00.000Z", f"2026-03-02T09:{n % 60:02d}:30.000Z"
    return Alert(
        id=f"{n:016x}",
        first_seen=start,
        last_seen=end,
        client=text,
        server=None,
        clients=1,
        servers=512,
        examples=[text],
        vector=vector,
        vectors={vector: 3},
        score=0.93,
        threshold=0.5,
        severity=90 - n,
        windows=3,
        window_seconds=60,
        spans=[[start, end]],
        peak={"window": start, "client": text, "server": text},
        flows=1,
        packets=72_000_000,
        bytes=1_234_567,
        words=text,
        evidence=[piece],
        neighbours=[Neighbour(vector=vector, distance=0.12, rows=37)],
        noise=[text],
        exports=[text],
        view="window",
        model=ModelRef(name=text, version=text),
        data_md5=text,
        code=text,
    )


def detection(alerts: list[Alert], text: str = "dnsanom-window") -> Detection:
    return Detection(
        alerts=alerts,
        view="window",
        model=ModelRef(name=text, version=text),
        threshold=0.5,
        scored=Scored(2, 9_093, 11_354, "2026-03-02T08:00:00.000Z", "2026-03-02T10:00:00.000Z"),
        from_lake=False,
        sources=4,
        unread=(Unread(text, f"{text}: block 17: size 9,437,184 is past the file's end"),),
        ignored=(Unread(text, "a truth file, not an export"),),
        rejected={text: 12},
        withdrawn=(text,),
    )


def test_the_page_says_what_happened() -> None:
    found = parse(page(detection([alert(0), alert(1, "scan")])))
    for told in (
        "2 DNS alerts",
        "2026-03-02 08:00 to 2026-03-02 10:00 UTC, from 2 exports",
        "9,093 windows of 11,354 flows scored",
        "block 17: size 9,437,184",
        "12 rows that are not flows",
        "512 servers",
        "1,240 query packets in 60 s, usually 8",
        "62 %",
        "Nearest labelled rows, in standard deviations: tunnel at 0.12 (37 rows).",
        "72 million packets",
        "1.2 MB",
        "−12.3",
        "0000000000000001",
    ):
        assert told in found.text
    rows = [attrs for tag, attrs in found.seen if tag == "details"]
    assert [row["data-vector"] for row in rows] == ["tunnel", "scan"]
    chips = [attrs["data-vector"] for tag, attrs in found.seen if tag == "button"]
    assert chips == ["", "scan", "tunnel"]


def test_everything_from_outside_is_escaped() -> None:
    html = page(detection([alert(0, text=NASTY)], NASTY))
    found = parse(html)
    assert "<img" not in html
    assert all("onerror" not in attrs for _, attrs in found.seen)
    assert found.text.count(NASTY) > 10


def test_the_page_asks_nobody_for_anything() -> None:
    html = page(detection([alert()]))
    found = parse(html)
    links = [a[name] for _, a in found.seen for name in ("src", "href") if name in a]
    assert all(str(link).startswith(("#a-", "data:,")) for link in links)
    assert not re.search(r"https?://|url\(|@import|fetch\(|XMLHttpRequest", html)
    assert "default-src 'none'" in html


def test_every_mark_of_the_time_line_leads_to_its_alert() -> None:
    alerts = [alert(n, vector) for n, vector in enumerate((*ATTACKS, UNKNOWN) * 8)]
    found = parse(page(detection(alerts)))
    targets = {attrs["id"] for tag, attrs in found.seen if tag == "details"}
    marks = {str(attrs["href"])[1:] for tag, attrs in found.seen if tag == "a"}
    assert targets == marks
    places = [float(str(a["x"]).rstrip("%")) for tag, a in found.seen if tag == "rect"]
    assert len(places) == len(alerts)
    assert all(0 <= place <= 100 for place in places)


def test_every_vector_has_a_colour_in_light_and_dark() -> None:
    html = page(detection([alert()]))
    for vector in (*ATTACKS, UNKNOWN):
        assert html.count(f"--{vector}: #") == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, "No alerts in 9,093 windows scored."),
        ({"view": "flow"}, "No alerts in 9,093 flow rows scored."),
        ({"sources": 1, "unread": (Unread("x", "x: no"),)}, "None of the sources could be read"),
        ({"from_lake": True, "scored": Scored()}, "Nothing new: every hour of the lake has been scored"),
    ],
)
def test_without_alerts_the_page_says_so(change: dict[str, object], told: str) -> None:
    found = parse(page(replace(detection([]), **change)))  # type: ignore[arg-type]
    assert told in found.text
    assert "No DNS alerts" in found.text
    assert not [tag for tag, _ in found.seen if tag in ("svg", "details")]


def test_sizes_and_times_read_well() -> None:
    assert [size(n) for n in (0, 999, 1_234, 12_345, 4_608_000_000)] == [
        "0 B",
        "999 B",
        "1.2 kB",
        "12 kB",
        "4.6 GB",
    ]
    assert [short(n, "flow") for n in (1, 8_000, 72_000_000)] == ["1 flow", "8,000 flows", "72 million flows"]
    start = "2026-03-02T08:00:00.000Z"
    ends = ("08:00:00.100", "08:00:42.000", "08:14:00.000", "10:05:00.000", "09:00:00.000")
    assert [lasting(start, f"2026-03-02T{end}Z") for end in ends] == [
        "under 1 s",
        "42 s",
        "14 min",
        "2 h 5 min",
        "1 h",
    ]
    assert [level(n) for n in (0, 34, 35, 59, 60, 100)] == ["low", "low", "medium", "medium", "high", "high"]
