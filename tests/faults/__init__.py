"""Pulls that are killed, starved of their store and fed half objects, and what the lake then holds."""
