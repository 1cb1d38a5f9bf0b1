"""Exports and flows at rest: the object store, the ledger of what was pulled, and the lake."""
