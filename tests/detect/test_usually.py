"""Several usual values in one phrase."""

from dnsanom.detect.usually import beside


def told(feature: str, value: float, *usuals: tuple[str, float]) -> str:
    return beside("window", feature, value, usuals, 60)


def test_each_is_told_with_whose_it_is() -> None:
    found = told("query_packets", 1_240, ("its own", 8), ("its peers", 10))
    assert found == "1,240 query packets in 60 s, usually 8 (its own), 10 (its peers)"


def test_what_is_the_same_is_told_once() -> None:
    found = told("query_packets", 1_240, ("its own", 8), ("its peers", 8))
    assert found == "1,240 query packets in 60 s, usually 8 (its own and its peers)"


def test_anybodys_has_no_name() -> None:
    assert told("query_packets", 1_240, ("", 8)) == "1,240 query packets in 60 s, usually 8"


def test_a_phrase_that_depends_on_the_usual_value_is_told_of_the_first() -> None:
    found = told("reply_bpp", 3_100, ("its own", 0), ("its peers", 140))
    assert found == "3,100 bytes in each reply packet, usually there are none (its own), 140 (its peers)"
