"""Attacks: one module a vector, one function a way of doing it."""
