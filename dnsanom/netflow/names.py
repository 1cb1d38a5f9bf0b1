"""The names that are printed for protocols and TCP flags, both ways."""

#: From 0 to 145, nfdump's name (output_util.c of nfdump 1.7.1) and, where it is another, IANA's keyword (its
#: registry of protocol numbers). nfdump prints the number where it has no name.
_TABLE = """
    =hopopt ICMP IGMP GGP IPIP=ipv4 ST TCP CBT EGP IGP BBN=bbn-rcc-mon NVPII=nvp-ii PUP ARGUS ENCOM=emcon
    XNET CHAOS UDP MUX DCN=dcn-meas HMP PRM XNS=xns-idp Trnk1=trunk-1 Trnk2=trunk-2 Leaf1=leaf-1
    Leaf2=leaf-2 RDP IRTP ISO-4=iso-tp4 NETBK=netblt MFESP=mfe-nsp MEINP=merit-inp DCCP 3PC IDPR XTP DDP
    IDPR=idpr-cmtp TP++ IL IPv6 SDRP Rte6=ipv6-route Frag6=ipv6-frag IDRP RSVP GRE MHRP=dsr BNA ESP AH
    INLSP=i-nlsp SWIPE NARP MOBIL=min-ipv4 TLSP SKIP ICMP6=ipv6-icmp NOHE6=ipv6-nonxt OPTS6=ipv6-opts
    HOST=any-host-internal-protocol CFTP NET=any-local-network SATNT=sat-expak KLAN=kryptolan RVD IPPC
    FS=any-distributed-file-system SATM=sat-mon VISA IPCV CPNX CPHB WSN PVP BSATM=br-sat-mon SUNND=sun-nd
    WBMON=wb-mon WBEXP=wb-expak ISOIP=iso-ip VMTP SVMTP=secure-vmtp VINES TTP=iptm NSIGP=nsfnet-igp DGP
    TCF EIGRP OSPF=ospfigp S-RPC=sprite-rpc LARP MTP AX.25 OS=ipip MICP SCCSP=scc-sp ETHIP=etherip ENCAP
    =any-private-encryption-scheme GMTP IFMP PNNI PIM ARIS SCPS QNX A/N IPcmp=ipcomp SNP CpqPP=compaq-peer
    IPXIP=ipx-in-ip VRRP PGM 0hop=any-0-hop-protocol L2TP DDX IATP STP SRP UTI SMP SM PTP ISIS4=isis FIRE
    CRTP CRUDP =sscopmce IPLT SPS PIPE SCTP FC =rsvp-e2e-ignore MHEAD=mobility UDP-L=udplite
    MPLS=mpls-in-ip =manet =hip =shim6 =wesp =rohc =ethernet =aggfrag =nsh
"""
_PAIRS = [
    (nfdump, iana or nfdump.lower()) for nfdump, _, iana in (word.partition("=") for word in _TABLE.split())
]
#: IANA's keywords in lower case, and as goflow2 1.x calls three of them.
IANA = {
    **{iana: number for number, (_, iana) in enumerate(_PAIRS)},
    "icmpv6": 58,
    "isis over ipv4": 124,
    "mobility header": 135,
}
#: Of two protocols with one name, IDPR, the first is meant.
_NFDUMP = {name.upper(): number for number, (name, _) in reversed(list(enumerate(_PAIRS))) if name}
#: The last protocol that nfdump has in its table.
_LAST = max(_NFDUMP.values())
#: Names as IANA or pmacct (pmacct-data.h) has them: `ipip` is another protocol than nfdump's IPIP.
_EXACT = {**IANA, "ipencap": 4, "mobile": 55, "IPcomp": 108, "others": 255}
_FLAGS = "CEUAPRSF"


def protocol_name(number: int) -> str:
    """What nfdump's CSV prints for a protocol: its name, or its number five wide."""
    if number <= _LAST:
        return _PAIRS[number][0] or str(number)
    return f"{number:<5}"


def protocol_number(text: str) -> int | None:
    """The protocol of a name or number; None when it is neither."""
    text = text.strip()
    if text.isdecimal() and text.isascii() and len(text) <= 3:
        return int(text) if int(text) < 256 else None
    return _EXACT.get(text, _NFDUMP.get(text.upper()))


def flags_text(bits: int) -> str:
    """TCP flags as nfdump 1.7 prints them: eight places, `.` where a flag is not set."""
    return "".join(flag if bits & (128 >> place) else "." for place, flag in enumerate(_FLAGS))


def flags_bits(text: str) -> int | None:
    """TCP flags of 8 places, of nfdump 1.6's 6 places, or of a number; None for any other text."""
    text = text.strip()
    if len(text) in (6, 8) and not text.startswith("0x"):
        names = _FLAGS[-len(text) :]
        if any(c not in (".", name) for c, name in zip(text, names, strict=True)):
            return None
        return sum(1 << (len(text) - 1 - place) for place, c in enumerate(text) if c != ".")
    try:
        bits = int(text, 16 if text.startswith("0x") else 10)
    except ValueError:
        return None
    return bits if 0 <= bits < 256 and "_" not in text else None


def flags_of_letters(text: str) -> int | None:
    """TCP flags of the letters that are set, in any order, as SiLK prints them: ` S  A   `."""
    letters = text.replace(" ", "")
    if len(set(letters)) < len(letters) or not set(letters) <= set(_FLAGS):
        return None
    return sum(128 >> _FLAGS.index(letter) for letter in letters)
