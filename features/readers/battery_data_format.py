"""Battery Data Format: CSV or Parquet, one header line, the unit is the end of a column's name.

    test_time_second,current_ampere,voltage_volt,cycle_count        cycling
    0.0,-0.0005,0.012,1

    frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm      spectrum
    100000.0,4.1,-0.3

I > 0 charges the test object. Columns that no descriptor uses are left out.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import UnreadableFile
from features.records import COLUMN_SETS, CYCLING_COLUMNS, Spectrum

SPECTRUM_COLUMNS = ["frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"]


def matches(path: Path) -> bool:
    """Tell whether a file is Battery Data Format, by its ending and its first column names."""
    if path.suffix.lower() == ".parquet":
        return True
    if path.suffix.lower() != ".csv":
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline(10_000)
    return any(name in header for name in (*CYCLING_COLUMNS, *SPECTRUM_COLUMNS))


def cycling(path: Path) -> pd.DataFrame:
    """Return the known cycling columns of a file."""
    table = _read(path)
    known = [column for column in table.columns if column in CYCLING_COLUMNS]
    if not any(set(needed) <= set(known) for needed in COLUMN_SETS):
        raise UnreadableFile(
            f"'{path.name}' has columns {list(table.columns)}; cycling needs all of "
            f"{list(COLUMN_SETS[0])}, or all of {list(COLUMN_SETS[1])}."
        )
    return _numbers(path, table[known])


def spectrum(path: Path) -> Spectrum:
    """Return the spectrum of a file."""
    table = _read(path)
    if not set(SPECTRUM_COLUMNS) <= set(table.columns):
        raise UnreadableFile(
            f"'{path.name}' has columns {list(table.columns)}; a spectrum needs {SPECTRUM_COLUMNS}."
        )
    numbers = _numbers(path, table[SPECTRUM_COLUMNS]).to_numpy()
    return Spectrum(np.ascontiguousarray(numbers[:, 0]), numbers[:, 1] + 1j * numbers[:, 2])


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, encoding="utf-8-sig")
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise UnreadableFile(
            f"'{path.name}' cannot be read as {path.suffix[1:]}: {error}"
        ) from error


def _numbers(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as floats; name the first cell that is no number."""
    numbers: pd.DataFrame = table.apply(pd.to_numeric, errors="coerce").astype(float)
    for column in numbers.columns:
        is_bad = ~np.isfinite(numbers[column].to_numpy())
        if is_bad.any():
            row = int(np.argmax(is_bad))
            raise UnreadableFile(
                f"'{path.name}', line {row + 2}, column {column}: '{table[column].iloc[row]}' "
                f"is no finite number; write numbers with a decimal point, or drop the row."
            )
    return numbers
