"""What was done to an answer, in sentences: nothing is held, capped or widened silently."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from features.registry import catalogue
from models.domain import TOLERANCE, Range
from models.task import Task

Array = NDArray[np.float64]
#: Lithium in excess over the charge cycled, and what is lost of it in each cycle.
EXCESS, LOSS = "log10_lithium_excess_ratio", "log10_ce_loss_fraction"
#: What says that an electrode is bare, and where the descriptors of coatings are.
COATED, COATINGS = "is_coated", "features.descriptors.coating"
#: Lives this many times longer than their lithium lasts contradict what was stated.
MOST_LIVES = 2.0


def is_beyond(values: Array, lower: Array, upper: Array) -> NDArray[np.bool_]:
    """Tell which values a guard band holds, by more than rounding."""
    is_outside = np.asarray((values < lower) | (values > upper))
    if not is_outside.any():
        return is_outside
    slack = TOLERANCE * np.maximum(np.abs(values), TOLERANCE)
    return np.asarray((values < lower - slack) | (values > upper + slack))


def guard_notes(names: Sequence[str], row: Array, lower: Array, upper: Array) -> tuple[str, ...]:
    """Return a sentence for each descriptor that the model did not see as it is."""
    held = np.flatnonzero(is_beyond(row, lower, upper)).tolist()
    bands = zip(lower[held].tolist(), upper[held].tolist(), strict=True)
    return tuple(
        sentence
        for column, band, value in zip(held, bands, row[held].tolist(), strict=True)
        for sentence in guard_notes_of(names[column], band, [value])
    )


def guard_notes_of(name: str, band: tuple[float, float], values: Sequence[float]) -> list[str]:
    """Return a sentence for each value of a descriptor that a guard band holds."""
    lower, upper = band
    return [
        f"{name} is {value:.4g}; the model was given {min(max(value, lower), upper):.4g}, "
        "one SD beyond what it learnt"
        for value in values
    ]


def cap_note(task: Task, uncapped: float, highest: float) -> tuple[str, ...]:
    """Return the sentence on a capped prediction."""
    if uncapped <= highest:
        return ()
    return (
        f"the prediction is capped at {highest:.4g} {task.unit}, {task.cap_ratio:g} times the "
        f"longest in training; the model said {uncapped:.4g}",
    )


def widening_note(
    names: Sequence[str], row: Array, ranges: Mapping[str, Range], *, is_bare: bool = False
) -> tuple[str, ...]:
    """Return the sentence on an interval that is wider for what is missing.

    Parameters
    ----------
    names : sequence of str
    row : float array of shape (n_descriptors,)
    ranges : mapping of str to Range
    is_bare : bool
        Whether the electrode is stated to be bare: it lacks no fact of a coating.
    """
    missing = [
        name
        for name, value in zip(names, row.tolist(), strict=True)
        if math.isnan(value) and not math.isnan(ranges[name].low)
    ]
    if is_bare:
        missing = [name for name in missing if not _is_of_coating(name)]
    if not missing:
        return ("the interval is wider because a bare electrode has no coating to go by",)
    verb = "is" if len(missing) == 1 else "are"
    return (f"the interval is wider because {', '.join(missing)} {verb} missing",)


def _is_of_coating(name: str) -> bool:
    """Tell whether a descriptor describes a coating, and is of none where there is none."""
    found = catalogue().get(name)
    return found is not None and found.function.__module__ == COATINGS


def bookkeeping_note(task: Task, row: Mapping[str, float], life: float) -> tuple[str, ...]:
    """Return the sentence on a life that outlasts the lithium there is.

    An excess of Q over the charge cycled, of which a fraction is lost in each cycle, lasts
    Q / loss cycles (doi:10.1002/adma.201605531).
    """
    log10_life = row.get(EXCESS, np.nan) - row.get(LOSS, np.nan)
    if task.unit != "cycles" or np.isnan(log10_life) or life <= MOST_LIVES * 10**log10_life:
        return ()
    return (
        f"the lithium in excess lasts {10**log10_life:.3g} cycles at the efficiency measured; "
        f"the predicted {life:.3g} are inconsistent with it by more than {MOST_LIVES:g} times",
    )
