"""Flows that were printed: delimited text by the names of its columns, and nfdump's lines for people.

Times without a zone are taken as UTC. A column that a text lacks stays out, and what can't be a flow is
rejected with its line.
"""
