"""Honest traffic that looks like attacks; none of it is in the truth."""
