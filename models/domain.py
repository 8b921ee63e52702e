"""What a predictor has learnt: the range of each descriptor, the kinds of cells."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.records import Cell
from models.prediction import Provenance
from models.training_cells import TrainingCells
from models.unit_slips import may_slip, slip_hint

#: Rounding in a JSON round trip is no departure from the training range.
TOLERANCE = 1e-9
#: Models look so many standard deviations beyond the training range, and no further.
GUARD_BAND_SD = 1.0


@dataclass(frozen=True)
class Range:
    """Where the training cells lie on one descriptor.

    Attributes
    ----------
    low, high, sd : float
        NaN if no training cell had the descriptor.
    is_always_present : bool
        Whether every training cell had it.
    """

    low: float
    high: float
    sd: float
    is_always_present: bool

    @cached_property
    def words(self) -> str:
        """Return what is said of a value outside, to be filled with the value and its distance."""
        distance = "%.2g SD" if self.sd > 0 else "%.3g"
        stated = f"training cells lie between {self.low:.4g} and {self.high:.4g}"
        return f"%.4g; {stated} ({distance} beyond)"

    @cached_property
    def unit(self) -> float:
        """Return what a distance is told in: the SD, where there is one."""
        return self.sd if self.sd > 0 else 1.0

    @cached_property
    def slack(self) -> float:
        """Return by how much rounding may put a value outside."""
        return TOLERANCE * max(abs(self.low), abs(self.high), TOLERANCE)


def learn_ranges(values: pd.DataFrame) -> dict[str, Range]:
    """Return the range of every column of training descriptors."""
    return {str(name): _range(values[name].to_numpy(dtype=float)) for name in values.columns}


def _range(column: np.ndarray) -> Range:
    present = column[~np.isnan(column)]
    if not present.size:
        return Range(np.nan, np.nan, np.nan, False)
    return Range(
        float(present.min()),
        float(present.max()),
        float(present.std()),
        present.size == column.size,
    )


def range_reasons(ranges: Mapping[str, Range], values: Mapping[str, float]) -> list[str]:
    """Return a sentence for each descriptor outside its training range, or missing there only."""
    reasons = [departure(name, ranges[name], value) for name, value in values.items()]
    return [reason for reason in reasons if reason]


def departure(name: str, learnt: Range, value: float) -> str:
    """Return how a descriptor departs from its training range, nothing if it does not."""
    return departures(name, learnt, [value])[0]


def departures(name: str, learnt: Range, values: Sequence[float]) -> list[str]:
    """Return how each of some values departs, none of them NaN where there are several."""
    low, high, slack, unit = learnt.low, learnt.high, learnt.slack, learnt.unit
    may_be_slips, words = may_slip(name, values, low, high), f"{name} is {learnt.words}"
    found = []
    for value in values:
        if value < low:
            beyond = low - value
        elif value > high:
            beyond = value - high
        else:
            found.append(_novelty(name, learnt, value))
            continue
        hint = slip_hint(name, value, low, high) if may_be_slips else ""
        found.append(words % (value, beyond / unit) + hint if beyond > slack else "")
    return found


def _novelty(name: str, learnt: Range, value: float) -> str:
    """Return what is said of a value that no end of a range is on the wrong side of."""
    if math.isnan(value):
        return f"{name} is absent; every training cell had it" if learnt.is_always_present else ""
    return f"{name} is {value:.4g}; no training cell had it" if math.isnan(learnt.low) else ""


def scope_reasons(learnt: Provenance, cell: Cell) -> list[str]:
    """Return a sentence for each way in which a cell is of another kind than those learnt from."""
    reasons = []
    if cell.recipe.cell.type not in learnt.cell_types:
        reasons.append(
            f"the cell is {cell.recipe.cell.type}; "
            f"training cells are {', '.join(learnt.cell_types)}"
        )
    is_coated = cell.recipe.coating is not None and not cell.recipe.coating.is_bare
    if is_coated and not learnt.has_coated:
        reasons.append("the electrode is coated; no training cell is, and the model is blind to it")
    if not is_coated and not learnt.has_bare:
        reasons.append("no coating is stated; every training cell is coated")
    return reasons


def beyond_ended_reasons(cells: TrainingCells, value: float, unit: str) -> list[str]:
    """Return why a prediction is beyond all that was seen to end, where tests were stopped.

    The errors of models that extrapolate past the bounds are not known, and so neither is
    how wide an interval must be there.
    """
    if cells.is_longest_known or value <= cells.longest_ended:
        return []
    return [
        f"the prediction, {value:.4g} {unit}, is beyond the {cells.longest_ended:.4g} {unit} of "
        f"the longest training test that ended; {int(cells.is_censored.sum())} were stopped before"
    ]
