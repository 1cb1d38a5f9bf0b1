"""`python -m dnsanom` is the command `dnsanom`."""

from dnsanom.cli import main

main()
