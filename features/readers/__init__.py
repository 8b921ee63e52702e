"""Files to tables: every module here knows one format; the first that claims a file reads it."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pandas as pd

from features.errors import UnreadableFile
from features.records import Spectrum


def read_cycling(path: str | Path) -> pd.DataFrame:
    """Return the cycling table of a file, in Battery Data Format columns and units.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    DataFrame
        Columns out of ``features.records.CYCLING_COLUMNS``.

    Raises
    ------
    UnreadableFile
        If no reader claims the file, or it lacks columns.
    """
    path = Path(path)
    table: pd.DataFrame = _reader_of(path).cycling(path)
    return table


def read_spectrum(path: str | Path) -> Spectrum:
    """Return the impedance spectrum of a file.

    Raises
    ------
    UnreadableFile
        If no reader claims the file, or it lacks columns.
    """
    path = Path(path)
    spectrum: Spectrum = _reader_of(path).spectrum(path)
    return spectrum


def _reader_of(path: Path) -> ModuleType:
    if not path.is_file():
        raise UnreadableFile(f"There is no file '{path}'.")
    readers = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    claimants = [reader for reader in readers if reader.matches(path)]
    if not claimants:
        names = ", ".join(reader.__name__.rsplit(".", 1)[1] for reader in readers)
        raise UnreadableFile(f"No reader claims '{path.name}'; there are readers for {names}.")
    reader: ModuleType = claimants[0]
    return reader
