"""Files to tables: every module here knows one format, and says whether a file is its own.

A module has ``FORMAT`` (its name for people), ``matches(path, head) -> bool`` (``head`` is the
first 64 KiB) and ``read(path) -> Reading``.
"""

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pandas as pd

from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.records import Spectrum

HEAD_BYTES = 65_536
#: What to do with a file that is no delimited text.
NO_TEXT = " Export it as text (CSV) with a line of column names, from the software that wrote it."
#: Where the name of a format goes on after its maker: an ending, the kind of file.
END_OF_MAKER = re.compile(r" (?:\.|CSV|text|workbook)")


def read_file(path: str | Path) -> Reading:
    """Return everything that a file holds, and how it was understood.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    UnreadableFile
        If no reader claims the file, two do, or its content is not what the format says.
    """
    path = Path(path)
    reading: Reading = _reader_of(path).read(path)
    return reading


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
        If no reader claims the file, or it holds no cycling.
    """
    reading = read_file(path)
    if reading.cycling is None:
        raise UnreadableFile(f"'{Path(path).name}' ({reading.format}) holds no cycling data.")
    return reading.cycling


def read_spectrum(path: str | Path) -> Spectrum:
    """Return the impedance spectrum of a file that holds one.

    Raises
    ------
    UnreadableFile
        If no reader claims the file, or it holds no spectrum, or several.
    """
    reading = read_file(path)
    if len(reading.spectra) != 1:
        raise UnreadableFile(
            f"'{Path(path).name}' ({reading.format}) holds {len(reading.spectra)} spectra, not one."
        )
    return reading.spectra[0]


@cache
def readers() -> tuple[ModuleType, ...]:
    """Return the modules of all formats."""
    return tuple(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))


def _reader_of(path: Path) -> ModuleType:
    if not path.is_file():
        raise UnreadableFile(f"There is no file '{path}'.")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise UnreadableFile(f"'{path.name}' is empty.")
    claimants = [reader for reader in readers() if reader.matches(path, head)]
    if len(claimants) == 1:
        return claimants[0]
    if claimants:
        names = ", ".join(reader.FORMAT for reader in claimants)
        raise UnreadableFile(
            f"'{path.name}' is claimed by several readers: {names}. If it is read without its "
            f"mapping file, leave that out."
        )
    hint = import_module(f"{__name__}.mapped_csv").hint
    raise UnreadableFile(
        *(
            f"No reader claims '{path.name}'.{hint(path, head, is_sent=is_sent) or NO_TEXT} What "
            f"is read, format by format, stands in docs/formats.md: {', '.join(_makers())}."
            for is_sent in (False, True)
        )
    )


def _makers() -> list[str]:
    """Return whose formats are read, each named once; any table goes with a mapping file."""
    formats = [reader.FORMAT for reader in readers()]
    makers = (END_OF_MAKER.split(each)[0] for each in formats if each[0].isupper())
    return sorted(dict.fromkeys(makers), key=str.casefold)
