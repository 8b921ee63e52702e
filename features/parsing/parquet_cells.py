"""The columns of a Parquet file as numbers, strictly: every refusal names row and column."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from features.errors import UnreadableFile
from features.extremes import extremes, locked
from features.parsing.foreign_library import refusing_damage

NUMERIC = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)
DATED = (pa.types.is_temporal, pa.types.is_duration)


def parquet_names(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file.

    Raises
    ------
    UnreadableFile
        If the file is damaged.
    """
    with refusing_damage(path, "parquet"):
        return tuple(parquet.read_schema(path).names)


class ParquetCells:
    """The wanted columns of a Parquet file.

    Parameters
    ----------
    path : Path
    names : sequence of str
        Of all columns.
    wanted : sequence of int
        Which of them to read, from 0.

    Raises
    ------
    UnreadableFile
        If the file is damaged, or a column holds anything but numbers.
    """

    def __init__(self, path: Path, names: Sequence[str], wanted: Sequence[int]) -> None:
        self.file = path.name
        self._path = path
        self._names = names
        self._numbers: dict[int, NDArray[np.float64]] = {}
        with refusing_damage(path, "parquet"), parquet.ParquetFile(path) as file:
            self._require_numbers(file.schema_arrow, [names[index] for index in wanted])
            self._n_rows = int(file.metadata.num_rows)
            for index in wanted:  # one after the other: a column is never held twice for long
                column = file.read(columns=[names[index]], use_threads=False)
                self._numbers[index] = locked(_as_numbers(column))
        for index in wanted:
            self._require_finite(index)

    @property
    def n_rows(self) -> int:
        """Return the number of rows."""
        return self._n_rows

    def numbers(self, index: int) -> NDArray[np.float64]:
        """Return a column of numbers, NaN where there is none."""
        return self._numbers[index]

    def words(self, index: int) -> "pd.Series[Any]":
        """Refuse: nothing in words is read out of Parquet."""
        raise UnreadableFile(f"'{self.file}', column {self._names[index]}: numbers are needed.")

    def codes(self, index: int) -> tuple[NDArray[np.int64], list[str]]:
        """Refuse: nothing in words is read out of Parquet."""
        raise UnreadableFile(f"'{self.file}', column {self._names[index]}: numbers are needed.")

    def place(self, row: int) -> str:
        """Return where a row stands in the file, from 1."""
        return f"row {row + 1}"

    def refuse_cell(self, row: int, index: int, expected: str = "finite number") -> NoReturn:
        """Raise the error that names a cell which is not what its column holds."""
        name = self._names[index]
        cell = parquet.read_table(self._path, columns=[name]).column(name)[row].as_py()
        raise UnreadableFile(
            f"'{self.file}', {self.place(row)}, column {name}: '{cell}' is no {expected}; "
            f"mend or drop the row."
        )

    def _require_finite(self, index: int) -> None:
        numbers = self._numbers[index]
        if not numbers.size or np.isfinite(extremes(numbers)).all():
            return
        # NaN passes here: a reader may leave a column with gaps out.
        if np.isinf(numbers).any():
            self.refuse_cell(int(np.argmax(np.isinf(numbers))), index)

    def _require_numbers(self, schema: pa.Schema, wanted: Sequence[str]) -> None:
        types = {field.name: field.type for field in schema if field.name in wanted}
        dated = [name for name, kind in types.items() if any(test(kind) for test in DATED)]
        if dated:
            raise UnreadableFile(f"'{self.file}' has dates in {dated}; write numbers in the unit.")
        other = {name: str(kind) for name, kind in types.items() if not _is_numeric(kind)}
        if other:
            raise UnreadableFile(f"'{self.file}' has {other}; write numbers in the unit.")


def _as_numbers(table: pa.Table) -> NDArray[np.float64]:
    column = table.column(0).cast(pa.float64(), safe=False)
    return np.asarray(column.to_numpy(), dtype=float)


def _is_numeric(kind: Any) -> bool:
    return any(test(kind) for test in NUMERIC)
