"""Distinct rows and mapping back."""

import numpy as np

from dnsanom.model.distinct import distinct, in_parts


def test_every_row_is_its_distinct_row() -> None:
    values = np.random.default_rng(0).integers(0, 4, (5_000, 3)).astype(float)
    first, inverse = distinct(values)
    assert len(first) == 4**3
    assert (values[first][inverse] == values).all()
    assert (first == np.sort(first)).all()


def test_no_rows() -> None:
    first, inverse = distinct(np.empty((0, 3)))
    assert len(first) == len(inverse) == 0


def test_parts_equal_the_whole() -> None:
    values = np.random.default_rng(1).normal(size=(9_001, 2))
    assert (in_parts(lambda part: part * 2, values, least=10) == values * 2).all()
