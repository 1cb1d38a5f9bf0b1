"""An ISP's DNS day with attacks and its truth, written as real exports."""

from dnsanom.simulate.day import simulate_day
from dnsanom.simulate.write import simulate_to, write_exports

__all__ = ["simulate_day", "simulate_to", "write_exports"]
