"""Prefect flows: when dnsanom's functions run, what is tried again, what a run shows. No logic."""
