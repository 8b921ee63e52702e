"""What is to be said of answers, row by row: why outside the domain, what was done to them.

Most rows give no cause for a sentence. Arrays find those that may; only for these words are made,
and once for all rows whose cause is the same.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from models.compiled.arithmetic import keys_of
from models.domain import Range, beyond_ended_reasons, departures
from models.neighbours import Neighbourhood
from models.notes import (
    COATED,
    EXCESS,
    LOSS,
    bookkeeping_note,
    cap_note,
    guard_notes_of,
    is_beyond,
    widening_note,
)
from models.open_end import is_open, open_note
from models.prediction import Answers
from models.task import Task
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
Sentences = dict[int, tuple[str, ...]]
#: What is said of each of some numbers, nothing where there is no need.
Say = Callable[[list[float]], list[str]]
#: Rows, and what is said of each of them.
Said = Iterator[tuple[int, tuple[str, ...]]]
#: No descriptor is infinite, so that these stand for one that does not count, and for a blank.
USUAL, BLANK = np.inf, -np.inf
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
        reasons: Sentences = dict(outside)
        _add(reasons, self._of_ranges(X, is_blank))
        _add(reasons, self._of_distance(nearest, distance_sd))
        _add(reasons, self._of_end(answers.value))
        notes: Sentences = {}
        _add(notes, self._of_band(X))
        _add(notes, self._of_cap(answers.uncapped))
        _add(notes, self._of_absence(X, is_blank, answers.is_widened))
        _add(notes, self._of_open_end(answers.upper))
        _add(notes, self._of_lithium(X, is_blank, answers.value))
        return reasons, notes

    def _of_ranges(self, X: Array, is_blank: NDArray[np.bool_]) -> Said:
        is_usual = (self._low <= X) & (self._high >= X)
        is_usual |= is_blank & self._may_lack
        return _of_each(X, ~is_usual, self._departures)

    def _of_distance(self, nearest: NDArray[np.intp], distance_sd: Array) -> Said:
        for row, distance in _above(distance_sd, self.neighbourhood.limit_sd):
            cell_id = self.cells.cell_ids[nearest[row]]
            yield row, tuple(self.neighbourhood.reasons(distance, cell_id))

    def _of_end(self, values: Array) -> Said:
        if not self.cells.is_longest_known:
            for row, value in _above(values, self.cells.longest_ended):
                yield row, tuple(beyond_ended_reasons(self.cells, value, self.task.unit))

    def _of_band(self, X: Array) -> Said:
        return _of_each(X, is_beyond(X, self.lower, self.upper), self._held)

    def _of_cap(self, uncapped: Array) -> Said:
        for row, value in _above(uncapped, self.highest_value):
            yield row, cap_note(self.task, value, self.highest_value)

    def _of_absence(
        self, X: Array, is_blank: NDArray[np.bool_], is_widened: NDArray[np.bool_]
    ) -> Said:
        if not is_widened.any():
            return iter(())
        rows = np.flatnonzero(is_widened)
        lacking = np.zeros((len(rows), X.shape[1] + 1), bool)
        lacking[:, :-1] = is_blank[rows]
        if COATED in self.ranges:
            lacking[:, -1] = X[rows, self._names.index(COATED)] == 0
        keys = keys_of(lacking)
        known = {key: self._widening(key) for key in set(keys)}
        return zip(rows.tolist(), map(known.__getitem__, keys), strict=True)

    def _of_open_end(self, upper: Array) -> Said:
        if not self.cells.is_longest_known:
            for row in np.flatnonzero(is_open(self.cells, upper)).tolist():
                yield row, open_note(self.cells, float(upper[row]), self.task.unit)

    def _of_lithium(self, X: Array, is_blank: NDArray[np.bool_], value: Array) -> Said:
        if self._bookkeeping is not None:
            stated = X[:, self._bookkeeping].tolist()
            for row in np.flatnonzero(~is_blank[:, self._bookkeeping].any(axis=1)).tolist():
                named = dict(zip((EXCESS, LOSS), stated[row], strict=True))
                yield row, bookkeeping_note(self.task, named, float(value[row]))

    def _widening(self, lacking: bytes) -> tuple[str, ...]:
        """Return the sentence on what is missing, the same for all rows that lack the same.

        What is blank is marked by descriptor, and last whether the electrode is bare.
        """
        if lacking not in self._widenings:
            if len(self._widenings) >= MOST_PATTERNS:
                self._widenings.clear()
            *is_blank, is_bare = np.frombuffer(lacking, bool)
            x = np.where(is_blank, np.nan, 0.0)
            self._widenings[lacking] = widening_note(
                self._names, x, self.ranges, is_bare=bool(is_bare)
            )
        return self._widenings[lacking]

    @cached_property
    def _widenings(self) -> dict[bytes, tuple[str, ...]]:
        return {}

    @cached_property
    def _names(self) -> list[str]:
        return list(self.ranges)

    @cached_property
    def _departures(self) -> list[Say]:
        return [partial(departures, *named) for named in self.ranges.items()]

    @cached_property
    def _held(self) -> list[Say]:
        bands = zip(self.lower.tolist(), self.upper.tolist(), strict=True)
        return [partial(guard_notes_of, *named) for named in zip(self._names, bands, strict=True)]

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


def _above(values: Array, limit: float) -> Iterator[tuple[int, float]]:
    """Yield rows and values above a limit."""
    return ((row, value) for row, value in enumerate(values.tolist()) if value > limit)


def _add(found: Sentences, said: Said) -> None:
    """Put what is said of some rows behind what was said of them before."""
    if not found:
        found.update(said)
        for row in [row for row, sentences in found.items() if not sentences]:
            del found[row]
        return
    for row, sentences in said:
        if sentences:
            found[row] = found.get(row, ()) + sentences


def _of_each(X: Array, counts: NDArray[np.bool_], say: Sequence[Say]) -> Said:
    """Return what is said of rows, descriptor by descriptor, once for all with the same number.

    Parameters
    ----------
    X : float array of shape (n_rows, n_descriptors)
    counts : bool array of shape (n_rows, n_descriptors)
        Where there may be anything to say.
    say : sequence of callables
        Of each descriptor, from numbers to sentences; those that do not count are not asked for.
    """
    if not counts.any():
        return iter(())
    if len(X) == 1:
        columns, x = np.flatnonzero(counts[0]).tolist(), X[0].tolist()
        said_of_it = (say[column]([x[column]])[0] for column in columns)
        return iter([(0, tuple(filter(None, said_of_it)))])
    rows, asked = np.flatnonzero(counts.any(axis=1)), np.flatnonzero(counts.any(axis=0))
    numbers = np.where(counts, np.where(np.isnan(X), BLANK, X), USUAL)[rows][:, asked].T
    of_column = zip(asked.tolist(), numbers.tolist(), strict=True)
    said = [_said(say[column], some) for column, some in of_column]
    of_row: Iterator[tuple[str, ...]] = zip(*said, strict=True)
    if any("" in some for some in said):
        of_row = (tuple(filter(None, sentences)) for sentences in of_row)
    return zip(rows.tolist(), of_row, strict=True)


def _said(say: Say, numbers: list[float]) -> list[str]:
    """Return what is said of the numbers of one descriptor, asked once for each of them."""
    distinct = set(numbers)
    known = {USUAL: "", BLANK: say([np.nan])[0] if BLANK in distinct else ""}
    some = list(distinct - known.keys())
    known.update(zip(some, say(some), strict=True))
    if 0.0 not in distinct:
        return [known[each] for each in numbers]
    # Zeros of either sign are equal, but not told alike.
    zero = {sign: say([sign * 0.0])[0] for sign in (1.0, -1.0)}
    return [known[each] if each else zero[math.copysign(1.0, each)] for each in numbers]
