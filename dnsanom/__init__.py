"""dnsanom finds anomalies in an ISP's DNS traffic from NetFlow exports alone."""

__version__ = "0.1.0"
