"""Sums and exponentials that come out the same, to the bit, on every machine and in any batch.

Only additions, products, quotients and square roots, which IEEE 754 rounds in one way, in an
order that does not depend on the number of rows. A library's matrix product rounds as the
batch is large, and its exponential as the processor is new.
"""

from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LOG2_E = 1.4426950408889634
#: ln 2 in two parts; the first has zeros at its end, so that a small integer times it is exact.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
#: Taylor's series of exp from the thirteenth power down, enough below ln(2) / 2.
COEFFICIENTS = tuple(1 / factorial(power) for power in range(13, -1, -1))
#: Below, the exponential is smaller than any rounding of what it is added to.
LOWEST = -700.0
#: Numbers held at once while a batch is worked on; keeps them in the processor's cache.
CHUNK = 1 << 18


def exp_of_negative(x: Array) -> Array:
    """Return the exponential of numbers at or below zero, within two units in the last place.

    Examples
    --------
    >>> exp_of_negative(np.array([0.0, -1.0])).round(6).tolist()
    [1.0, 0.367879]
    """
    bounded = np.maximum(x, LOWEST)
    halvings = np.rint(bounded * LOG2_E)
    rest = bounded - halvings * LN2_HIGH
    rest -= halvings * LN2_LOW
    result = np.full_like(rest, COEFFICIENTS[0])
    for coefficient in COEFFICIENTS[1:]:
        result *= rest
        result += coefficient
    return np.asarray(np.ldexp(result, halvings.astype(np.int32)))


def total(products: Array) -> Array:
    """Return sums along the last axis, each over neighbouring memory and so in one order."""
    return np.asarray(np.add.reduce(np.ascontiguousarray(products), axis=-1))


def rows_at_once(numbers_per_row: int) -> int:
    """Return how many rows to work on at a time."""
    return max(1, CHUNK // max(1, numbers_per_row))


def keys_of(rows: NDArray[Any]) -> list[bytes]:
    """Return the bytes of each row, by which equal rows are told.

    Examples
    --------
    >>> len(set(keys_of(np.array([[1.0, np.nan], [1.0, np.nan], [2.0, np.nan]]))))
    2
    """
    width = rows.shape[1] * rows.itemsize
    found: list[bytes] = np.ascontiguousarray(rows).view(f"V{width}").ravel().tolist()
    return found
