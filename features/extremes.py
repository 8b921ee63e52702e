"""The lowest and the highest number of a column, and whether it ever falls.

A reader and the cell both refuse what no battery shows. Where a reader hands on what it has
read from a file as it is, and locked, the cell's check asks for the same facts again: they are
sought once, in one pass, where nobody can change the column.
"""

from typing import NamedTuple
from weakref import ref

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: So many rows are looked at from all sides while they are in a second-level cache.
BLOCK_ROWS = 32_768


class Facts(NamedTuple):
    """What one pass through an array shows; a NaN is both extremes, and no fall.

    Attributes
    ----------
    lowest, highest : float arrays of shape (n_blocks,)
        Of each block of rows and the row before it.
    falls : bool
    """

    lowest: Array
    highest: Array
    falls: bool


#: Of locked arrays, by the identity of the one that holds the memory, for as long as it lives.
_KNOWN: dict[int, "tuple[ref[Array], tuple[object, ...], Facts]"] = {}


def extremes(values: Array) -> tuple[float, float]:
    """Return the lowest and the highest number; NaN for both where one of them is.

    Parameters
    ----------
    values : float array of shape (n_values,)
        At least one.

    Examples
    --------
    >>> extremes(np.array([3.0, 1.0, 2.0]))
    (1.0, 3.0)
    """
    lowest, highest = block_extremes(values)
    return float(lowest.min()), float(highest.max())


def block_extremes(values: Array) -> tuple[Array, Array]:
    """Return the lowest and the highest number of every ``BLOCK_ROWS`` rows and the row before.

    Parameters
    ----------
    values : float array of shape (n_values,)

    Returns
    -------
    float arrays of shape (n_blocks,)
        NaN in both where one of the numbers is.
    """
    return (_known(values) or _sought(values))[:2]


def falls(values: Array) -> bool:
    """Tell whether a number is lower than the one before it.

    Parameters
    ----------
    values : float array of shape (n_values,)

    Examples
    --------
    >>> falls(np.array([1.0, 1.0, 2.0])), falls(np.array([1.0, 2.0, 1.0]))
    (False, True)
    """
    known = _known(values)
    return bool((values[1:] < values[:-1]).any()) if known is None else known.falls


def _known(values: Array) -> Facts | None:
    """Return what was sought before in the very same numbers, which nobody could change since."""
    root = _root(values)
    known = _KNOWN.get(id(root))
    if known is None or known[0]() is not root or root.flags.writeable:
        return None
    return known[2] if known[1] == _place(values) else None


def locked(values: Array) -> Array:
    """Return an array that nobody can write to from now on, its facts known.

    Parameters
    ----------
    values : float array of shape (n_values,)
        What was read from a file, in memory that nobody else knows.
    """
    root, identity = _root(values), id(_root(values))
    root.flags.writeable = values.flags.writeable = False
    if values.size:
        forget = ref(root, lambda _: _KNOWN.pop(identity, None))
        _KNOWN[identity] = forget, _place(values), _sought(values)
    return values


def _sought(values: Array) -> Facts:
    blocks = [  # each begins with the last row of the one before
        values[max(start - 1, 0) : start + BLOCK_ROWS]
        for start in range(0, values.size, BLOCK_ROWS)
    ]
    lowest, highest = np.empty(len(blocks)), np.empty(len(blocks))
    has_fallen = False
    for number, block in enumerate(blocks):
        if not has_fallen and (block[1:] >= block[:-1]).all():
            lowest[number], highest[number] = block[0], block[-1]
            continue
        lowest[number], highest[number] = np.minimum.reduce(block), np.maximum.reduce(block)
        has_fallen = has_fallen or bool((block[1:] < block[:-1]).any())
    return Facts(lowest, highest, has_fallen)


def _root(values: Array) -> Array:
    """Return the array at the bottom of views of views."""
    while isinstance(values.base, np.ndarray):
        values = values.base
    return values


def _place(values: Array) -> tuple[object, ...]:
    """Return which numbers of its memory an array is."""
    return values.ctypes.data, values.shape, values.strides, values.dtype
