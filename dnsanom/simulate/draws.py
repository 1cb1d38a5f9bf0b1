"""Random draws: one named generator a part, so that a change in one part leaves the others' bytes alone."""

from zlib import crc32

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def generator(seed: int, *names: object) -> np.random.Generator:
    """The generator of the part that `names` spell; equal seed and names give equal draws."""
    words = [crc32(str(name).encode()) for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *words]))


def log_uniform(rng: np.random.Generator, low: float, high: float, n: int) -> F64:
    """`n` draws whose logarithm is uniform between those of `low` and `high`."""
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


def one_log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """One draw whose logarithm is uniform."""
    return float(log_uniform(rng, low, high, 1)[0])


def scale(strength: float, low: float, high: float) -> float:
    """The value at `strength` (0 to 1) of the way from `low` to `high`, in logarithms."""
    return float(low * (high / low) ** strength)


def some(rng: np.random.Generator, pool: I64, n: int) -> I64:
    """`n` members of a pool, distinct while the pool lasts."""
    return rng.choice(pool, n, replace=n > len(pool))


def whole(values: F64) -> I64:
    """Nearest integers."""
    return np.rint(values).astype(np.int64)
