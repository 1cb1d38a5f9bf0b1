"""nfcapd's file layout 2, as numpy types: the reader and the simulator's writer share this page.

All numbers are little endian and packed. A file is a header, `blocks` data blocks, and appendix blocks (the
ident and the totals). A data block is a header and records; a flow record (type 11) is a header and elements,
each with an id and its length, the element's own four bytes included.
Source: nffileV2.h, nfxV3.h, exporter.h and id.h of nfdump 1.7.1 to 1.7.8.
"""

import numpy as np

MAGIC = 0xA50C
LAYOUT = 2
VERSION = 0x01070100
NOT_COMPRESSED, LZO, BZ2, LZ4, ZSTD = range(5)
#: A block holds 1 MiB when nfcapd writes it, and no more than five when nfdump reads it.
WRITE_LIMIT, READ_LIMIT = 1 << 20, 5 << 20

FILE_HEADER = np.dtype(
    [
        ("magic", "<u2"),
        ("layout", "<u2"),
        ("version", "<u4"),
        ("created", "<i8"),
        ("compression", "u1"),
        ("encryption", "u1"),
        ("appendix_blocks", "<u2"),
        ("creator", "<u4"),
        ("appendix_at", "<i8"),
        ("block_size", "<u4"),
        ("blocks", "<u4"),
    ]
)

BLOCK_HEADER = np.dtype([("records", "<u4"), ("size", "<u4"), ("type", "<u2"), ("flags", "<u2")])
#: nfdump -J packs a file of layout 1 anew as layout 2, and leaves the type of its blocks.
OLD_RECORD_BLOCK, RECORD_BLOCK, ARRAY_BLOCK = 2, 3, 4
BLOCK_UNCOMPRESSED = 1

RECORD_HEADER = np.dtype([("type", "<u2"), ("size", "<u2")])
COMMON_V0_RECORD, MAP_RECORD, PORT_HISTOGRAM, BPP_HISTOGRAM, OLD_EXPORTER_RECORD, OLD_SAMPLER_RECORD = range(
    1, 7
)
EXPORTER_RECORD, EXPORTER_STAT_RECORD, LEGACY_SAMPLER_RECORD, COMMON_RECORD = 7, 8, 9, 10
FLOW_RECORD, NBAR_RECORD, IFNAME_RECORD, VRFNAME_RECORD, SAMPLER_RECORD = 11, 12, 13, 14, 15
SLACK_RECORD = 256
IDENT_RECORD, STAT_RECORD = 0x8001, 0x8002
#: Flows: of layout 2, of nfdump 1.6, and of its first releases.
FLOW_RECORDS = (FLOW_RECORD, COMMON_RECORD, COMMON_V0_RECORD)
#: Records that speak about exporters, names, extensions and totals, not about flows.
DESCRIBING = (
    MAP_RECORD,
    PORT_HISTOGRAM,
    BPP_HISTOGRAM,
    OLD_EXPORTER_RECORD,
    OLD_SAMPLER_RECORD,
    EXPORTER_RECORD,
    EXPORTER_STAT_RECORD,
    LEGACY_SAMPLER_RECORD,
    NBAR_RECORD,
    IFNAME_RECORD,
    VRFNAME_RECORD,
    SAMPLER_RECORD,
    SLACK_RECORD,
)

FLOW_HEADER = np.dtype(
    [
        ("type", "<u2"),
        ("size", "<u2"),
        ("elements", "<u2"),
        ("engine_type", "u1"),
        ("engine_id", "u1"),
        ("exporter", "<u2"),
        ("flags", "u1"),
        ("netflow", "u1"),
    ]
)
SAMPLED = 2
ELEMENT_HEADER = np.dtype([("id", "<u2"), ("length", "<u2")])

GENERIC, IPV4, IPV6, COUNTERS, RECEIVED_V4, RECEIVED_V6, SAMPLER = 1, 2, 3, 5, 12, 13, 18
#: The elements that flows are made of, without their headers; every other one is passed over by its length.
ELEMENTS: dict[int, np.dtype[np.void]] = {
    GENERIC: np.dtype(
        [
            ("first", "<u8"),
            ("last", "<u8"),
            ("received", "<u8"),
            ("packets", "<u8"),
            ("bytes", "<u8"),
            ("src_port", "<u2"),
            ("dst_port", "<u2"),
            ("protocol", "u1"),
            ("tcp_flags", "u1"),
            ("forwarding", "u1"),
            ("tos", "u1"),
        ]
    ),
    IPV4: np.dtype([("src", "<u4"), ("dst", "<u4")]),
    IPV6: np.dtype([("src", "V16"), ("dst", "V16")]),
    COUNTERS: np.dtype([("flows", "<u8"), ("out_packets", "<u8"), ("out_bytes", "<u8")]),
    RECEIVED_V4: np.dtype([("ip", "<u4")]),
    RECEIVED_V6: np.dtype([("ip", "V16")]),
    SAMPLER: np.dtype([("selector", "<i8"), ("exporter", "<u2")]),
}

#: IPv4 stands in bytes 8 to 12 of `ip`; IPv6 as two numbers of 64 bits, the upper half first. From 1.7.8 on,
#: `family` is 0 and `ip` is in network order, IPv4 mapped into IPv6.
EXPORTER = np.dtype(
    [
        ("type", "<u2"),
        ("size", "<u2"),
        ("netflow", "<u4"),
        ("ip", "V16"),
        ("family", "<u2"),
        ("sysid", "<u2"),
        ("domain", "<u4"),
    ]
)
AF_INET, AF_INET6 = 2, 10
EXPORTER_STAT = np.dtype(
    [("sysid", "<u4"), ("sequence_failures", "<u4"), ("packets", "<u8"), ("flows", "<u8")]
)

#: One packet in (taken + passed) / taken is seen.
SAMPLER_INFO = np.dtype(
    [
        ("type", "<u2"),
        ("size", "<u2"),
        ("sysid", "<u2"),
        ("algorithm", "<u2"),
        ("id", "<i8"),
        ("taken", "<u4"),
        ("passed", "<u4"),
    ]
)
LEGACY_SAMPLER_INFO = np.dtype(
    [
        ("type", "<u2"),
        ("size", "<u2"),
        ("id", "<i4"),
        ("interval", "<u4"),
        ("algorithm", "<u2"),
        ("sysid", "<u2"),
    ]
)
#: Ids that name no sampler of the router: told to the collector to overrule, as default, for all its flows.
OVERRULING, DEFAULT, GENERAL = -3, -2, -1

STAT = np.dtype(
    [(f"{what}{part}", "<u8") for what, part in [("flows", ""), ("bytes", ""), ("packets", "")]]
    + [
        (f"{what}_{part}", "<u8")
        for what in ("flows", "bytes", "packets")
        for part in ("tcp", "udp", "icmp", "other")
    ]
    + [("first", "<u8"), ("last", "<u8"), ("sequence_failures", "<u8")]
)
