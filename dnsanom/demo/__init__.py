"""`make demo`: the whole job on simulated exports, from an S3 store to alerts, and what it found."""

from dnsanom.demo.story import demo

__all__ = ["demo"]
