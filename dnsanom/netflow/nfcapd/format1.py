"""nfcapd's file layout 1, of nfdump 1.6, as numpy types; blocks and exporters are those of layout 2.

A file is a header, the totals, and `blocks` data blocks. A flow is a common record: a fixed part, the two
addresses, packets, bytes, and the extensions that an extension map, named by its id, lists in their order.
Source: nffile.h, nfx.h and nfx.c of nfdump 1.6.13 to 1.6.25.
"""

import numpy as np

from dnsanom.netflow.nfcapd import format as nf

LAYOUT = 1
FILE_HEADER = np.dtype(
    [
        ("magic", "<u2"),
        ("layout", "<u2"),
        ("flags", "<u4"),
        ("blocks", "<u4"),
        ("ident", "S128"),
        ("totals", "V136"),
    ]
)
#: A bit of the header's flags → the compression of layout 2 that it stands for.
COMPRESSION = {0x1: nf.LZO, 0x8: nf.BZ2, 0x10: nf.LZ4}

#: Of nfdump 1.5; of flows; of histograms and of catalogs, which hold none.
BLOCK_OF_1_5, RECORD_BLOCK, HISTOGRAM_BLOCK, CATALOG_BLOCK = 1, 2, 3, 4

#: What common records begin with; the exporter follows. The oldest have it as a byte after the flags' first.
COMMON = np.dtype(
    [
        ("type", "<u2"),
        ("size", "<u2"),
        ("flags", "u1"),
        ("old_exporter", "u1"),
        ("map", "<u2"),
        ("first_ms", "<u2"),
        ("last_ms", "<u2"),
        ("first", "<u4"),
        ("last", "<u4"),
        ("forwarding", "u1"),
        ("tcp_flags", "u1"),
        ("protocol", "u1"),
        ("tos", "u1"),
        ("src_port", "<u2"),
        ("dst_port", "<u2"),
    ]
)
#: Where the addresses begin, by the record's type.
ADDRESSES_AT = {nf.COMMON_V0_RECORD: 28, nf.COMMON_RECORD: 32}
IPV6, WIDE_PACKETS, WIDE_BYTES = 1, 2, 4
LAYOUT_FLAGS = IPV6 | WIDE_PACKETS | WIDE_BYTES

MAP_HEADER = np.dtype([("type", "<u2"), ("size", "<u2"), ("id", "<u2"), ("extensions_size", "<u2")])
AGGREGATED_4, AGGREGATED_8, ROUTER_V4, ROUTER_V6, EVENT = 18, 19, 23, 24, 37
#: Where an event of a firewall has the type and code of ICMP, which its port then lacks.
EVENT_ICMP_AT = 12
#: Extension → its bytes in a record.
EXTENSIONS = {
    **{4: 4, 5: 8, 6: 4, 7: 8, 8: 4, 9: 4, 10: 16, 11: 4, 12: 16, 13: 4, 14: 4, 15: 8, 16: 4, 17: 8},
    **{AGGREGATED_4: 4, AGGREGATED_8: 8, 20: 16, 21: 16, 22: 40, ROUTER_V4: 4, ROUTER_V6: 16, 25: 4, 26: 8},
    **{27: 8, EVENT: 20, 38: 4, 39: 8, 40: 32, 41: 24, 42: 24, 43: 72, 45: 24, 46: 12, 48: 8},
}
