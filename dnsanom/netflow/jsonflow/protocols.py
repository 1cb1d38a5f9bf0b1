"""IANA's names of protocols, in lower case, with their numbers."""

#: Number → keyword, from 0 to 145 (IANA's registry of protocol numbers).
_KEYWORDS = """
    hopopt icmp igmp ggp ipv4 st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet chaos udp mux
    dcn-meas hmp prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp merit-inp
    dccp 3pc idpr xtp ddp idpr-cmtp tp++ il ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre dsr bna esp ah
    i-nlsp swipe narp min-ipv4 tlsp skip ipv6-icmp ipv6-nonxt ipv6-opts any-host-internal-protocol cftp
    any-local-network sat-expak kryptolan rvd ippc any-distributed-file-system sat-mon visa ipcv cpnx
    cphb wsn pvp br-sat-mon sun-nd wb-mon wb-expak iso-ip vmtp secure-vmtp vines iptm nsfnet-igp dgp tcf
    eigrp ospfigp sprite-rpc larp mtp ax.25 ipip micp scc-sp etherip encap any-private-encryption-scheme
    gmtp ifmp pnni pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip vrrp pgm any-0-hop-protocol
    l2tp ddx iatp stp srp uti smp sm ptp isis fire crtp crudp sscopmce iplt sps pipe sctp fc
    rsvp-e2e-ignore mobility udplite mpls-in-ip manet hip shim6 wesp rohc ethernet aggfrag nsh
"""
#: As IANA has them, and as goflow2 1.x calls one.
IANA = {
    **{name: number for number, name in enumerate(_KEYWORDS.split())},
    "icmpv6": 58,
    "isis over ipv4": 124,
    "mobility header": 135,
}
