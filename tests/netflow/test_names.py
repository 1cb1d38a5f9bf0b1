"""Names of protocols: nfdump's, IANA's and pmacct's, each for its number."""

import pytest

from dnsanom.netflow.names import IANA, protocol_name, protocol_number


def test_what_is_printed_is_read_again() -> None:
    read = {number: protocol_number(protocol_name(number)) for number in range(256)}
    # nfdump has one name for 35 and 38.
    assert read == {number: number for number in range(256)} | {38: 35}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("IPIP", 4),
        ("ipip", 94),
        ("ipencap", 4),
        ("udp", 17),
        ("UDP", 17),
        ("ipv6-icmp", 58),
        ("ICMP6", 58),
        ("IPcomp", 108),
        ("others", 255),
        ("nsh", 145),
        ("256", None),
        ("word", None),
    ],
)
def test_a_name_is_that_of_the_program_that_prints_it(name: str, number: int | None) -> None:
    assert protocol_number(name) == number


def test_keywords_are_in_the_order_of_the_registry() -> None:
    assert (IANA["hopopt"], IANA["ipv4"], IANA["ipv6"], IANA["manet"], IANA["nsh"]) == (0, 4, 41, 138, 145)
