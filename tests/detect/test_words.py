import re

import pytest

from dnsanom.detect.words import PHRASES, number, percent, seconds, words
from dnsanom.schema import FEATURES, VIEWS, feature_names


@pytest.mark.parametrize("view", VIEWS)
def test_every_feature_has_words(view: str) -> None:
    assert list(PHRASES[view]) == feature_names(view)


@pytest.mark.parametrize(("view", "feature"), [(view, f.name) for view in VIEWS for f in FEATURES[view]])
@pytest.mark.parametrize(("value", "usual"), [(0, 0), (0, 1), (1, 0), (2, 0.4), (2, 2)])
def test_words_are_one_clean_phrase(view: str, feature: str, value: float, usual: float) -> None:
    text = words(view, feature, value, usual, 60)
    assert "usual" in text
    assert not re.search(r"\s\s|None|nan|\b1 \w+s\b(?<! s)|0x-|\.0\b", text), text


@pytest.mark.parametrize(
    ("view", "feature", "value", "usual", "text"),
    [
        ("window", "query_packets", 1240, 8, "1,240 query packets in 60 s, usually 8"),
        ("window", "reply_packets", 1, 0, "1 reply packet in 60 s, usually none"),
        ("window", "reply_bpp", 1480, 130, "1,480 bytes in each reply packet, usually 130"),
        ("window", "reply_bpp", 0, 130, "no reply packets, usually 130 bytes in each"),
        ("window", "answered", 0, 1, "queries without any reply, usually 1 to a query"),
        ("window", "answered", 2, 1, "two or more reply packets to each query packet, usually 1 to a query"),
        ("window", "fragment_share", 0.62, 0, "62 % of the bytes are in fragments, usually none"),
        ("window", "server_role", 1, 2, "the server is one of our clients, usually one of our resolvers"),
        ("window", "gain", 384.4, 41, "replies have 384 bytes a packet more than queries, usually 41"),
        (
            "window",
            "query_excess",
            31_200,
            0,
            "31,200 bytes in 60 s more than usual names need in queries, usually none",
        ),
        ("window", "reply_bpp_spread", 0, 40, "reply sizes do not vary, usually by 40"),
        ("window", "port_share", 0.01, 1, "0.01 client ports to a packet, usually each has its own"),
        ("flow", "tcp_flags", 18, 0, "TCP flags SYN+ACK, usually none"),
        (
            "flow",
            "gap",
            60,
            3,
            "no flow of this pair and direction in the 60 s before, usually one 3 s before",
        ),
        (
            "flow",
            "gap",
            0.02,
            60,
            "20 ms after the last flow of this pair and direction, usually none in 60 s",
        ),
        ("flow", "tos", 40, 0, "type of service 0x28, usually 0x00"),
    ],
)
def test_words_say_value_and_usual(view: str, feature: str, value: float, usual: float, text: str) -> None:
    assert words(view, feature, value, usual, 60) == text


def test_without_queries_ratios_to_them_are_told_as_that() -> None:
    told = words("window", "gain", 3_210, 41, 60, asked=False)
    assert told == "replies of 3,210 bytes a packet without any query, usually 41 more than queries"
    told = words("window", "answered", 2, 1, 60, asked=False)
    assert told == "replies without any query, usually 1 reply packet to a query packet"
    told = words("window", "fan_out", 3_178, 1, 60, asked=False)
    assert told == "3,178 servers sent the client replies in 60 s, usually 1"


def test_numbers_are_short() -> None:
    assert [number(x) for x in (0, 3, 0.0123, 12.34, 123.4, 1_234_567)] == [
        "0",
        "3",
        "0.012",
        "12.3",
        "123",
        "1,234,567",
    ]
    assert [percent(x) for x in (0, 0.004, 0.5, 1)] == ["none", "under 1 %", "50 %", "100 %"]
    assert [seconds(x) for x in (0, 0.25, 60)] == ["0 s", "250 ms", "60 s"]
