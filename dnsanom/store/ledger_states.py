"""The states of an export in the ledger; `ledger` draws what leads from one to the other."""

#: To be taken; being taken by somebody; taken.
FREE = ("discovered", "replaced", "gone")
WORK = ("leased", "decoded")
DONE = ("committed", "quarantined", "duplicate")
