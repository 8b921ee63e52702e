"""Bounds of answers where tests were stopped: beyond the longest that ended, all is open.

A test that is stopped at c shows the smaller of life and c, and of that smaller number every
error is known. An interval of it is one of the life, too, as long as it ends below c; if it
reaches c, the life may be anything above (Candes, Lei and Ren 2023, doi:10.1093/jrsssb/qkac012).
A model that goes on regardless has errors that nobody has seen: on real lives cut in half its
bounds held half of the truths.
"""

import numpy as np
from numpy.typing import NDArray

from models.scales import Scale
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
#: An open bound is a number all the same, for a reply holds no infinity: so many times the
#: longest outcome known. A convention, no measurement.
OPEN_FACTOR = 10.0
#: Of a logarithm and back.
ROUNDING = 1e-9


def ceiling(cells: TrainingCells, scale: Scale) -> float:
    """Return the longest outcome known on the learning scale, infinite if none was cut above it."""
    if cells.is_longest_known:
        return np.inf
    return float(scale.forward(np.array([cells.longest_ended]))[0])


def opened(cells: TrainingCells, upper: Array) -> Array:
    """Return upper bounds, those that reach all that was seen to end as far as open ones go.

    Parameters
    ----------
    cells : TrainingCells
    upper : float array of shape (n_rows,)
        In the target's unit.
    """
    if cells.is_longest_known:
        return upper
    farthest = np.maximum(upper, OPEN_FACTOR * cells.longest_ended)
    return np.where(is_open(cells, upper), farthest, upper)


def is_open(cells: TrainingCells, upper: Array) -> NDArray[np.bool_]:
    """Return which upper bounds reach all that was seen to end, where tests were stopped."""
    if cells.is_longest_known:
        return np.zeros(len(upper), dtype=bool)
    return np.asarray(upper >= cells.longest_ended * (1 - ROUNDING))


def open_note(cells: TrainingCells, upper: float, unit: str) -> tuple[str, ...]:
    """Return the sentence on an upper bound that is open."""
    if not is_open(cells, np.array([upper])).item():
        return ()
    return (
        f"the interval is open above: no training test ended beyond {cells.longest_ended:.4g} "
        f"{unit}, {int(cells.is_censored.sum())} were stopped; {upper:.4g} {unit} stands for more",
    )
