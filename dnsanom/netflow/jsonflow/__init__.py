"""Flows as JSON: nfdump's, goflow2's and pmacct's, in an array or one object a line.

All three share one reader of objects and differ in their vocabulary. A number may stand as text. A value that
is missing where a flow needs one, or that is not of its kind, makes a rejected row that names key and rule.
"""
