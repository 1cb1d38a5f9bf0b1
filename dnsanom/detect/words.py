"""A feature's value in plain English, beside what is usual: `1,240 queries in 60 s, usually 8`."""

from collections.abc import Callable

from dnsanom import shares

ROLES = {0: "an outside host", 1: "one of our clients", 2: "one of our resolvers"}
PORTS = {
    0: "no port (a fragment)",
    1: "port 53",
    2: "port 853",
    3: "another port below 1024",
    4: "a port of 1024 or above",
}
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")

#: (value, usual, window seconds) → words
Phrase = Callable[[float, float, int], str]


def words(view: str, feature: str, value: float, usual: float, seconds: int, asked: bool = True) -> str:
    """What the feature's value means, and what is usual, in one phrase.

    `seconds` is the window's length. Without queries (`asked` False) what speaks of them is told otherwise.
    """
    if not asked and feature in UNASKED:
        return UNASKED[feature](value, usual, seconds)
    return PHRASES[view][feature](value, usual, seconds)


def number(x: float) -> str:
    """A number for reading: thousands grouped, two or three digits where it is small."""
    if abs(x) >= 100 or x == int(x):
        return f"{x:,.0f}"
    return f"{x:.1f}" if abs(x) >= 10 else f"{x:.2g}"


def counted(x: float, noun: str, plural: str | None = None) -> str:
    """`1 query packet`, `8 query packets`, `no query packets`."""
    many, text = plural or f"{noun}s", number(x)
    if x == 0:
        return f"no {many}"
    return f"{text} {noun if text == '1' else many}"


def amount(x: float) -> str:
    """The usual amount after a comma: `usually 8`, `usually none`."""
    return "usually none" if x == 0 else f"usually {number(x)}"


def seconds(x: float) -> str:
    """A time span: `3 ms`, `1.5 s`, `60 s`."""
    return f"{number(x * 1000)} ms" if 0 < x < 1 else f"{number(x)} s"


def percent(x: float) -> str:
    """A share: `98 %`, `none`, `under 1 %`."""
    if x <= 0:
        return "none"
    return "under 1 %" if x < 0.01 else shares.percent(x)


def flags(x: float) -> str:
    """TCP flags by name: `SYN+ACK`; `none` for 0."""
    return "+".join(name for bit, name in enumerate(FLAGS) if int(x) >> bit & 1) or "none"


def _count(noun: str, plural: str | None = None) -> Phrase:
    return lambda value, usual, s: f"{counted(value, noun, plural)} in {s} s, {amount(usual)}"


def _size(thing: str) -> Phrase:
    def phrase(value: float, usual: float, s: int) -> str:
        if value == 0:
            often = f"{counted(usual, 'byte')} in each" if usual else "none"
            return f"no {thing} packets, usually {often}"
        often = "usually there are none" if usual == 0 else f"usually {number(usual)}"
        return f"{counted(value, 'byte')} in each {thing} packet, {often}"

    return phrase


def _spread(packet: str) -> Phrase:
    def told(value: float, usual: float, s: int) -> str:
        often = "usually not at all" if usual == 0 else f"usually by {number(usual)}"
        if value == 0:
            return f"{packet} sizes do not vary, {often}"
        return f"{packet} sizes vary by {counted(value, 'byte')} (standard deviation), {often}"

    return told


def _excess(value: float, usual: float, s: int) -> str:
    return f"{counted(value, 'byte')} in {s} s more than usual names need in queries, {amount(usual)}"


def _gain(value: float, usual: float, s: int) -> str:
    return f"replies have {counted(value, 'byte')} a packet more than queries, {amount(usual)}"


def _ports(value: float, usual: float, s: int) -> str:
    often = "usually each has its own" if usual >= 1 else f"usually {number(usual)} to a packet"
    if value >= 1:
        return f"each query has a client port of its own, {often}"
    return f"{number(value)} client ports to a packet, {often}"


def _answered(value: float, usual: float, s: int) -> str:
    often = "usually no replies" if usual == 0 else f"usually {number(usual)} to a query"
    if value >= 2:
        return f"two or more reply packets to each query packet, {often}"
    if value == 0:
        return f"queries without any reply, {often}"
    return f"{counted(value, 'reply packet')} to a query packet, {often}"


def _unasked_bytes(value: float, usual: float, s: int) -> str:
    often = f"usually {number(usual)} more than queries"
    return f"replies of {counted(value, 'byte')} a packet without any query, {often}"


def _unasked(value: float, usual: float, s: int) -> str:
    return f"replies without any query, usually {counted(usual, 'reply packet')} to a query packet"


def _share(things: str) -> Phrase:
    return lambda value, usual, s: f"{percent(value)} of the {things}, usually {percent(usual)}"


def _host(subject: str, names: dict[int, str]) -> Phrase:
    return lambda value, usual, s: f"{subject} {names[round(value)]}, usually {names[round(usual)]}"


def _gap(value: float, usual: float, s: int) -> str:
    often = f"usually none in {s} s" if usual >= s else f"usually {seconds(usual)}"
    if value >= s:
        often = "as usual" if usual >= s else f"usually one {seconds(usual)} before"
        return f"no flow of this pair and direction in the {s} s before, {often}"
    return f"{seconds(value)} after the last flow of this pair and direction, {often}"


def _duration(value: float, usual: float, s: int) -> str:
    return f"the flow lasts {seconds(value)}, usually {seconds(usual)}"


def _is_tcp(value: float, usual: float, s: int) -> str:
    names = ("UDP or another protocol", "TCP")
    return f"the flow is {names[value > 0.5]}, usually {names[usual > 0.5]}"


def _flags(value: float, usual: float, s: int) -> str:
    return f"TCP flags {flags(value)}, usually {flags(usual)}"


def _tos(value: float, usual: float, s: int) -> str:
    return f"type of service 0x{int(value):02x}, usually 0x{round(usual):02x}"


def _rate(unit: str) -> Phrase:
    return lambda value, usual, s: f"{counted(value, unit)} a second, {amount(usual)}"


def _plain(noun: str) -> Phrase:
    return lambda value, usual, s: f"{counted(value, noun)} in the flow, {amount(usual)}"


def _bpp(value: float, usual: float, s: int) -> str:
    return f"{counted(value, 'byte')} in each packet, {amount(usual)}"


def _unasked_servers(value: float, usual: float, s: int) -> str:
    return f"{counted(value, 'server')} sent the client replies in {s} s, {amount(usual)}"


#: What speaks of queries, where there were none.
UNASKED: dict[str, Phrase] = {
    "gain": _unasked_bytes,
    "answered": _unasked,
    "fan_out": _unasked_servers,
}
PHRASES: dict[str, dict[str, Phrase]] = {
    "flow": {
        "gap": _gap,
        "duration": _duration,
        "is_tcp": _is_tcp,
        "src_role": _host("sent by", ROLES),
        "src_port_class": _host("sent from", PORTS),
        "dst_role": _host("sent to", ROLES),
        "dst_port_class": _host("sent to", PORTS),
        "tcp_flags": _flags,
        "tos": _tos,
        "packets": _plain("packet"),
        "bytes": _plain("byte"),
        "pps": _rate("packet"),
        "bps": _rate("bit"),
        "bpp": _bpp,
        "flows": lambda value, usual, s: f"the record stands for {counted(value, 'flow')}, {amount(usual)}",
    },
    "window": {
        "query_packets": _count("query packet"),
        "reply_packets": _count("reply packet"),
        "query_bpp": _size("query"),
        "reply_bpp": _size("reply"),
        "query_bpp_spread": _spread("query"),
        "reply_bpp_spread": _spread("reply"),
        "query_excess": _excess,
        "gain": _gain,
        "answered": _answered,
        "port_share": _ports,
        "tcp_share": _share("packets are over TCP"),
        "fragment_share": _share("bytes are in fragments"),
        "fan_out": lambda value, usual, s: (
            f"the client asked {counted(value, 'server')} in {s} s, {amount(usual)}"
        ),
        "fan_in": lambda value, usual, s: (
            f"the server had {counted(value, 'client')} in {s} s, {amount(usual)}"
        ),
        "server_role": _host("the server is", ROLES),
    },
}
