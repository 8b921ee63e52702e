"""What is to be said of answers, row by row: why outside the domain, what was done to them.

Most rows give no cause for a sentence. Arrays find those that may; only for these words are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.domain import Range, beyond_ended_reasons, range_reasons
from models.neighbours import Neighbourhood
from models.notes import (
    EXCESS,
    LOSS,
    bookkeeping_note,
    cap_note,
    guard_notes,
    is_beyond,
    widening_note,
)
from models.open_end import is_open, open_note
from models.prediction import Answers
from models.task import Task
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
Sentences = dict[int, tuple[str, ...]]
#: Patterns of absence kept with their sentence.
MOST_PATTERNS = 512


@dataclass(frozen=True, eq=False)
class Remarks:
    """The sentences of one predictor.

    Attributes
    ----------
    task : Task
    ranges : mapping of str to Range
    lower, upper : float arrays of shape (n_descriptors,)
        Guard band.
    neighbourhood : Neighbourhood
    cells : TrainingCells
    highest_value : float
        Cap in the target's unit.
    """

    task: Task
    ranges: Mapping[str, Range]
    lower: Array
    upper: Array
    neighbourhood: Neighbourhood
    cells: TrainingCells
    highest_value: float

    def of_rows(
        self,
        X: Array,
        answers: Answers,
        nearest: NDArray[np.intp],
        distance_sd: Array,
        outside: Mapping[int, tuple[str, ...]],
    ) -> tuple[Sentences, Sentences]:
        """Return why rows are outside the domain, and what was done to answers, where there is.

        Parameters
        ----------
        X : float array of shape (n_rows, n_descriptors)
        answers : Answers
        nearest : int array of shape (n_rows,)
            Nearest training cell.
        distance_sd : float array of shape (n_rows,)
        outside : mapping of int to tuple of str
            What is known of the cells beside their numbers, which comes first.
        """
        is_blank = np.isnan(X)
        is_usual = (self._low <= X) & (self._high >= X)
        is_usual |= is_blank & self._may_lack
        is_odd = np.asarray(~is_usual.all(axis=1))
        reasons: Sentences = dict(outside)
        for row in self._rows_to_judge(is_odd, answers, distance_sd):
            unusual = np.flatnonzero(~is_usual[row]).tolist()
            values = {self._names[column]: float(X[row, column]) for column in unusual}
            sentences = (
                *outside.get(row, ()),
                *range_reasons(self.ranges, values),
                *self.neighbourhood.reasons(
                    float(distance_sd[row]), self.cells.cell_ids[nearest[row]]
                ),
                *beyond_ended_reasons(self.cells, float(answers.value[row]), self.task.unit),
            )
            if sentences:
                reasons[row] = sentences
        notes: Sentences = {}
        is_held = np.asarray(is_beyond(X, self.lower, self.upper).any(axis=1))
        for row in self._rows_to_note(is_held, is_blank, answers):
            held = guard_notes(self._names, X[row], self.lower, self.upper) if is_held[row] else ()
            if told := (*held, *self._notes(X[row], is_blank[row], answers, row)):
                notes[row] = told
        return reasons, notes

    def _rows_to_judge(
        self, is_odd: NDArray[np.bool_], answers: Answers, distance_sd: Array
    ) -> list[int]:
        """Return the rows that may be outside the domain."""
        may_be = is_odd | (distance_sd > self.neighbourhood.limit_sd)
        if not self.cells.is_longest_known:
            may_be |= answers.value > self.cells.longest_ended
        return np.flatnonzero(may_be).tolist()

    def _rows_to_note(
        self, is_held: NDArray[np.bool_], is_blank: NDArray[np.bool_], answers: Answers
    ) -> list[int]:
        """Return the rows to which something may have been done."""
        may_be = is_held | answers.is_widened | (answers.uncapped > self.highest_value)
        if self._bookkeeping is not None:
            may_be |= ~is_blank[:, self._bookkeeping].any(axis=1)
        if not self.cells.is_longest_known:
            may_be |= is_open(self.cells, answers.upper)
        return np.flatnonzero(may_be).tolist()

    def _notes(
        self, x: Array, is_blank: NDArray[np.bool_], answers: Answers, row: int
    ) -> list[str]:
        """Return what is told beside the guard band."""
        found = list(cap_note(self.task, float(answers.uncapped[row]), self.highest_value))
        if answers.is_widened[row]:
            found += self._widening(is_blank)
        if not self.cells.is_longest_known:
            found += open_note(self.cells, float(answers.upper[row]), self.task.unit)
        if self._bookkeeping is not None:
            named = dict(zip(self._names, x.tolist(), strict=True))
            found += bookkeeping_note(self.task, named, float(answers.value[row]))
        return found

    def _widening(self, is_blank: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the sentence on what is missing, the same for all rows that lack the same."""
        key = is_blank.tobytes()
        if key not in self._widenings:
            if len(self._widenings) >= MOST_PATTERNS:
                self._widenings.clear()
            x = np.where(is_blank, np.nan, 0.0)
            self._widenings[key] = widening_note(self._names, x, self.ranges)
        return self._widenings[key]

    @cached_property
    def _widenings(self) -> dict[bytes, tuple[str, ...]]:
        return {}

    @cached_property
    def _names(self) -> list[str]:
        return list(self.ranges)

    @cached_property
    def _low(self) -> Array:
        """Return what numbers must not be below to need no words, NaN where any need them."""
        return np.maximum([each.low for each in self.ranges.values()], self.lower)

    @cached_property
    def _high(self) -> Array:
        return np.minimum([each.high for each in self.ranges.values()], self.upper)

    @cached_property
    def _may_lack(self) -> NDArray[np.bool_]:
        return np.array([not each.is_always_present for each in self.ranges.values()])

    @cached_property
    def _bookkeeping(self) -> list[int] | None:
        """Return the columns that tell how long the lithium lasts, if the task is a life."""
        if self.task.unit != "cycles" or not {EXCESS, LOSS} <= set(self._names):
            return None
        return [self._names.index(EXCESS), self._names.index(LOSS)]
