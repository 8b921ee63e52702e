"""Cells of a text table as numbers or words, strictly: every refusal names line and column."""

import re
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from features.errors import UnreadableFile
from features.parsing.column_units import unquoted
from features.parsing.text_lines import printable
from features.parsing.text_table import TextTable

#: What instruments write where they measured nothing.
NOTHING = ("", "NaN", "nan", "NA", "N/A", "n/a", "-", "--", "None", "null")
LONGEST_NAME = 80
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


class TextCells:
    """The wanted columns of a text table.

    Parameters
    ----------
    table : TextTable
    numeric, worded : sequence of int
        Which columns, from 0, to read as numbers and as words.
    is_ragged : bool
        Whether rows and header may have different numbers of cells.

    Raises
    ------
    UnreadableFile
        If a row has more or fewer cells than the others, or a cell is no number.
    """

    def __init__(
        self,
        table: TextTable,
        numeric: Sequence[int],
        worded: Sequence[int] = (),
        *,
        is_ragged: bool = False,
    ) -> None:
        self.table = table
        self._closing = _closing_cells(table, is_ragged=is_ragged)
        missing = [table.names[index] for index in (*numeric, *worded) if index >= table.n_cells]
        if missing and table.n_cells:
            raise UnreadableFile(
                f"'{table.file}', line {table.row(0)[0]}: the row has {table.n_cells} cells and "
                f"none for {missing}; export the file again."
            )
        types: dict[str, Any] = dict.fromkeys(map(str, numeric), pa.float64())
        types |= dict.fromkeys(map(str, worded), pa.string())
        types |= dict.fromkeys(map(str, self._closing), pa.null())
        self._cells = _parsed(table, types) if table.n_cells else None
        if self._cells is None and table.body.strip():
            _refuse_cells(table, types)

    @property
    def file(self) -> str:
        """Return the name of the file."""
        return self.table.file

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return 0 if self._cells is None else int(self._cells.num_rows)

    def numbers(self, index: int) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where the cell says nothing.

        Raises
        ------
        UnreadableFile
            If a cell is infinite.
        """
        if self._cells is None:
            return np.zeros(0)
        column = self._cells.column(str(index))
        numbers = np.asarray(column.to_numpy(), dtype=float)
        if np.isinf(numbers).any():
            self.refuse_cell(int(np.argmax(np.isinf(numbers))), index)
        return numbers

    def words(self, index: int) -> "pd.Series[Any]":
        """Return a column of words."""
        if self._cells is None:
            return pd.Series([], dtype=object)
        return pd.Series(self._cells.column(str(index)).to_pandas()).fillna("")

    def codes(self, index: int) -> tuple[NDArray[np.int64], list[str]]:
        """Return the few words of a column, and which of them stands in each row."""
        if self._cells is None:
            return np.zeros(0, dtype=np.int64), []
        coded = self._cells.column(str(index)).combine_chunks().dictionary_encode("encode")
        return coded.indices.to_numpy().astype(np.int64), [
            str(word or "") for word in coded.dictionary.to_pylist()
        ]

    def place(self, row: int) -> str:
        """Return where a row stands in the file."""
        return f"line {self.table.row(row)[0]}"

    def refuse_cell(self, row: int, index: int, expected: str = "finite number") -> NoReturn:
        """Raise the error that names a cell which is not what its column holds."""
        line, cells = self.table.row(row)
        raise _wrong_cell(self.table, (line, index), cells[index], expected)


def _closing_cells(table: TextTable, *, is_ragged: bool) -> list[int]:
    """Return the unnamed cells that close every row; they must be empty."""
    n_names = len(table.names)
    n_unnamed = table.n_cells - n_names
    if is_ragged or table.n_cells == 0:
        return []
    if n_unnamed == 1 and not table.row(0)[1][-1].strip():
        return [n_names]
    if n_unnamed > 0:
        raise _too_many_cells(table)
    if any(name.strip() for name in table.names[table.n_cells :]):
        raise UnreadableFile(
            f"'{table.file}', line {table.row(0)[0]}: the row has {table.n_cells} cells, the "
            f"header has {n_names} names; export the file again."
        )
    return []


def _parsed(table: TextTable, types: dict[str, Any]) -> Any:
    """Return an Arrow table of the columns, or None if any row or cell does not fit."""
    try:
        return csv.read_csv(
            pa.BufferReader(table.body),
            read_options=csv.ReadOptions(column_names=list(map(str, range(table.n_cells)))),
            parse_options=csv.ParseOptions(delimiter=table.delimiter, quote_char=table.quote),
            convert_options=csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=list(NOTHING),
                strings_can_be_null=False,
                decimal_point=table.decimal,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None


def _refuse_cells(table: TextTable, types: dict[str, Any]) -> None:
    """Raise the error that names the first row or cell that does not fit."""
    for line, cells in table.rows():
        if len(cells) > max(table.n_cells, len(table.names)):
            raise _too_many_cells(table, line)
        if len(cells) != table.n_cells:
            raise UnreadableFile(
                f"'{table.file}', line {line}: {len(cells)} cells, where the rows before have "
                f"{table.n_cells}; mend or drop the line."
            )
        for index, kind in types.items():
            cell = cells[int(index)].replace(table.decimal, ".")
            if kind == pa.null() and cell.strip():
                raise _too_many_cells(table, line)
            if kind == pa.float64() and cell not in NOTHING and not NUMBER.fullmatch(cell):
                raise _wrong_cell(table, (line, int(index)), cells[int(index)])
    raise UnreadableFile(
        f"'{table.file}' cannot be split into cells below its header in line "
        f"{table.first_line - 1}; look for stray quotes or damaged bytes."
    )


def _wrong_cell(
    table: TextTable, place: tuple[int, int], cell: str, expected: str = "finite number"
) -> UnreadableFile:
    line, index = place
    sign = "comma" if table.decimal == "," else "point"
    way_out = f"write numbers with a decimal {sign}" if "number" in expected else "mend it"
    return UnreadableFile(
        f"'{table.file}', line {line}, column {_clean(table.names[index])}: "
        f"'{printable(cell)}' is no {expected}; {way_out}, or drop the row."
    )


def _clean(name: str) -> str:
    return printable(unquoted(name), LONGEST_NAME)


def _too_many_cells(table: TextTable, line: int | None = None) -> UnreadableFile:
    where = "" if line is None else f", the first in line {line}"
    return UnreadableFile(
        f"'{table.file}' has rows of more cells than its header has names{where}; "
        f"write numbers with a decimal point, not a comma."
    )
