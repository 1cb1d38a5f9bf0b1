"""Damaged exports of every format, by the million: flows or a DecodeError, in bounded time and memory.

    make fuzz                                          # FUZZ_INPUTS inputs a format
    python -m tests.fuzz --inputs 50000 --formats csv48,wrapped --seed 7

An input is a small valid export, or a kept one of `corpus/`, with mutations that know its structure.
The input of a number is the same in every run with that seed and corpus. One that breaks a promise is saved
in `corpus/`, where it is tried first from then on.
"""
