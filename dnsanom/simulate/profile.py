"""Kinds of ISP: who its clients are, when they are awake, what goes wrong. One table, and no branches on it.

A model that is trained on one profile is tested on another: what differs between them is what differs between
sites, and no feature or rule knows of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dnsanom.errors import BadUseError

Range = tuple[float, float]
_NONE: Mapping[str, float] = MappingProxyType({})
#: Relative activity of each hour of the day (UTC); the mean is 1. Homes are busiest in the evening, phones
#: all day long, a campus while there are lectures.
EVENING = (
    0.62, 0.45, 0.36, 0.31, 0.30, 0.36, 0.55, 0.83, 1.03, 1.13, 1.17, 1.19,
    1.20, 1.17, 1.15, 1.16, 1.20, 1.27, 1.37, 1.48, 1.53, 1.46, 1.22, 0.89,
)  # fmt: skip
ALL_DAY = (
    0.75, 0.62, 0.52, 0.47, 0.46, 0.55, 0.80, 1.05, 1.12, 1.10, 1.09, 1.13,
    1.19, 1.16, 1.12, 1.12, 1.17, 1.25, 1.24, 1.22, 1.20, 1.15, 1.06, 0.90,
)  # fmt: skip
WORKING = (
    0.30, 0.25, 0.23, 0.22, 0.23, 0.27, 0.50, 1.09, 1.77, 2.04, 2.09, 2.00,
    1.68, 1.91, 2.00, 1.86, 1.50, 1.04, 0.73, 0.59, 0.53, 0.47, 0.41, 0.33,
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """An ISP's habits.

    kinds: share of the clients that each kind of line is, the rest has none of its own; resolvers: shares of
    the five; public: share of the homes that have set a public resolver; pages, gateway_pages: questions an
    hour of a home and of a CGNAT gateway, from and to; often: factors on how often a look-alike comes;
    episodes: factors on how many episodes of a vector; ways: the ways of a vector that occur, where not all;
    strengths: the part of the scale that attacks come from.
    """

    kinds: Mapping[str, float]
    resolvers: tuple[float, ...]
    public: float
    pages: Range
    gateway_pages: Range
    curve: tuple[float, ...]
    often: Mapping[str, float] = field(default_factory=lambda: _NONE)
    episodes: Mapping[str, float] = field(default_factory=lambda: _NONE)
    ways: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    strengths: Range = (0.0, 1.0)


DEFAULT = "residential"
PROFILES: Mapping[str, Profile] = {
    DEFAULT: Profile(
        kinds={"homes": 0.72, "homes6": 0.1, "mail": 0.04, "gateways": 0.03, "transit": 0.1},
        resolvers=(0.89, 0.04, 0.03, 0.025, 0.015),
        public=1 / 12,
        pages=(5, 56),
        gateway_pages=(80, 380),
        curve=EVENING,
    ),
    "mobile": Profile(
        kinds={"homes": 0.26, "homes6": 0.46, "mail": 0.01, "gateways": 0.15, "transit": 0.11},
        resolvers=(0.46, 0.31, 0.12, 0.07, 0.04),
        public=1 / 30,
        pages=(3, 30),
        gateway_pages=(120, 500),
        curve=ALL_DAY,
        often={"forwarders": 0.3, "validators": 0.4, "over_tls": 2.5, "things": 2.0, "transfers": 0.3,
               "resolving_hosts": 0.5, "blocklists": 0.3, "reputation": 1.6, "prefetches": 1.5},
        episodes={"flood": 0.7, "tcp_abuse": 0.7, "open_resolver": 0.6, "water_torture": 1.4},
        ways={"amplification": ("on_client", "through_resolver"),
              "tunnel": ("direct", "through_resolver", "through_relay", "implant", "raw")},
        strengths=(0.0, 0.8),
    ),
    "campus": Profile(
        kinds={"homes": 0.46, "homes6": 0.2, "mail": 0.1, "gateways": 0.01, "transit": 0.2},
        resolvers=(0.55, 0.4, 0.03, 0.01, 0.01),
        public=1 / 4,
        pages=(8, 90),
        gateway_pages=(40, 200),
        curve=WORKING,
        often={"resolving_hosts": 2.0, "validators": 2.5, "reverses": 2.0, "searches": 2.0, "transfers": 2.0,
               "things": 0.4, "over_tls": 0.6, "offices": 1.5, "flash_crowds": 2.0},
        episodes={"scan": 1.5, "water_torture": 0.7},
        ways={"scan": ("inwards", "slowly", "with_tcp"),
              "tunnel": ("direct", "direct_ported", "through_resolver", "beacon", "implant",
                         "download")},
        strengths=(0.2, 1.0),
    ),
}  # fmt: skip


def profile(name: str) -> Profile:
    """The profile of that name. Raises BadUseError for a name that is none."""
    if name not in PROFILES:
        raise BadUseError(f"profile {name!r}: unknown, known are {', '.join(PROFILES)}")
    return PROFILES[name]
