"""The cycling rows of a text file: a quantity at a time, in our units, or a refusal by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.extremes import extremes
from features.parsing.clock_times import clock_seconds, date_seconds
from features.parsing.text_format import FoundColumn

Array = NDArray[np.float64]


class Cells(Protocol):
    """The wanted columns of a file, whatever holds them."""

    @property
    def file(self) -> str:
        """Return the name of the file."""

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""

    def numbers(self, index: int) -> Array:
        """Return a column of numbers, NaN where the cell says nothing."""

    def words(self, index: int) -> "pd.Series[Any]":
        """Return a column of words."""

    def codes(self, index: int) -> tuple[NDArray[np.int64], list[str]]:
        """Return the few words of a column, and which of them stands in each row."""

    def place(self, row: int) -> str:
        """Return where a row stands in the file, such as "line 12"."""

    def refuse_cell(self, row: int, index: int, expected: str = ...) -> NoReturn:
        """Raise the error that names a cell which is not what its column holds."""


@dataclass(frozen=True, eq=False)
class TextRows:
    """The rows of a file that are cycling.

    Attributes
    ----------
    cells : Cells
    found : mapping of str to sequence of FoundColumn
        By quantity, the preferred first.
    kept : int array or None
        Which rows; None for all.
    """

    cells: Cells
    found: Mapping[str, Sequence[FoundColumn]]
    kept: NDArray[np.intp] | None = None

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return self.cells.n_rows if self.kept is None else int(self.kept.size)

    @property
    def file(self) -> str:
        """Return the file's name, for messages."""
        return self.cells.file

    def place(self, row: int) -> str:
        """Return where a row stands in the file, such as "line 12"."""
        return self.cells.place(self._original(row))

    def column(self, quantity: str) -> FoundColumn | None:
        """Return the preferred column of a quantity."""
        return next(iter(self.found.get(quantity, ())), None)

    def numbers(self, column: FoundColumn) -> Array:
        """Return a column in our unit, NaN where nothing was measured."""
        numbers = self._kept(self.cells.numbers(column.index))
        return numbers if column.factor == 1 else numbers * column.factor

    def whole_numbers(self, column: FoundColumn) -> Array:
        """Return a column in our unit; refuse the first cell without a number."""
        numbers = self.numbers(column)
        if numbers.size and np.isnan(extremes(numbers)[0]):  # the least is NaN wherever one is
            self.cells.refuse_cell(self._original(int(np.argmax(np.isnan(numbers)))), column.index)
        return numbers

    def words(self, column: FoundColumn) -> "pd.Series[Any]":
        """Return a column of words."""
        words = self.cells.words(column.index)
        return words if self.kept is None else words.iloc[self.kept].reset_index(drop=True)

    def codes(self, column: FoundColumn) -> tuple[NDArray[np.int64], list[str]]:
        """Return the few words of a column, and which of them stands in each row."""
        codes, words = self.cells.codes(column.index)
        return (codes if self.kept is None else codes[self.kept]), words

    def seconds(self, column: FoundColumn) -> Array:
        """Return a column of times: numbers, clock times or dates."""
        if column.unit == "clock":
            return self._clock_s(column)
        if column.unit == "date" or column.quantity == "date":
            return self._date_s(column)
        known = column.factor if np.isfinite(column.factor) else 1.0
        return self.whole_numbers(_with_factor(column, known))

    def is_new_step(self) -> NDArray[np.bool_]:
        """Tell for each row but the first whether its step differs from the one before."""
        changes = np.diff(self.codes(self.found["step"][0])[0]) != 0
        cycle = self.column("cycle_count")
        if cycle is not None:
            changes |= np.diff(self.numbers(cycle)) != 0
        return np.asarray(changes)

    def _clock_s(self, column: FoundColumn) -> Array:
        time_s = clock_seconds(self.words(column))
        if np.isnan(time_s).any():
            row = self._original(int(np.argmax(np.isnan(time_s))))
            self.cells.refuse_cell(row, column.index, "time such as 0d 00:01:00.00")
        return time_s

    def _date_s(self, column: FoundColumn) -> Array:
        time_s = date_seconds(self.words(column))
        if time_s is None:
            raise UnreadableFile(
                f"'{self.file}', column {column.header}: the dates are not all of one known "
                f"form, such as 2024-01-31 13:00:00; export a test time in seconds."
            )
        return time_s

    def _kept(self, values: Array) -> Array:
        return values if self.kept is None else values[self.kept]

    def _original(self, row: int) -> int:
        return row if self.kept is None else int(self.kept[row])


def _with_factor(column: FoundColumn, factor: float) -> FoundColumn:
    return FoundColumn(column.index, column.header, column.quantity, column.unit, factor)
