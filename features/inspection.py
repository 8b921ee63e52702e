"""What was understood of a file, in one screen: format, columns, signs, cycles, gaps, doubts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from features.charge_check import charge_check
from features.cycles import cycles
from features.doubts import doubts
from features.errors import NotMeasured, SeicastError
from features.half_cycles import half_cycles_of
from features.oriented_record import record_of
from features.parsing.reading import Reading
from features.readers import read_file
from features.recipe import CellDesign, CellType, Recipe
from features.records import Cell, Source, Spectrum

#: Of up to a hundred lines above a table, those one looks for.
TELLING = re.compile(
    r"(?!begin|end|pstat range|z60).*\b(date|started|start ?time|title|cell|sample|battery|barcode"
    r"|user|operator|comments?|area|mass|technique|protocol|schedule|procedure|device|instrument"
    r"|channel|reference electrode|measured data|experiment type|vdc|e start|data source)\b.*",
    re.IGNORECASE,
)
MOST_TELLING = 8
#: More spectra than these are told by their ends.
MOST_SPECTRA = 6


@dataclass(frozen=True, eq=False)
class Inspection:
    """What a file holds, as it was understood.

    Attributes
    ----------
    format : str
    columns : mapping of str to str
        The file's own column names, and what each was read as.
    facts : mapping of str to str
        Counts, ranges and conventions, in the order of reading.
    doubts : tuple of str
        What was mended or left out, or does not add up.
    cycles : DataFrame or None
        The table of cycles, where the cell's type is known.
    preamble : mapping of str to str
        What the file says about itself, all of it.
    """

    format: str
    columns: Mapping[str, str]
    facts: Mapping[str, str]
    doubts: tuple[str, ...]
    cycles: pd.DataFrame | None = field(default=None)
    preamble: Mapping[str, str] = field(default_factory=dict)

    @property
    def telling(self) -> dict[str, str]:
        """Return the few lines of the preamble that say what was measured, when, and on what."""
        kept = [name for name in self.preamble if TELLING.match(name)][:MOST_TELLING]
        return {name: self.preamble[name] for name in kept}


def inspect_file(
    path: str | Path, cell_type: CellType | None = None, area_cm2: float | None = None
) -> Inspection:
    """Return what was understood of a file.

    Parameters
    ----------
    path : str or Path
    cell_type : str, optional
        Such as "Li||Cu"; without it half-cycles are counted, but not named.
    area_cm2 : float, optional
        Of the electrode.

    Raises
    ------
    UnreadableFile
        If no reader claims the file, or its content is not what the format says.
    """
    reading = read_file(path)
    facts: dict[str, str] = {}
    found = list(reading.notes)
    table = None
    if reading.cycling is not None:
        facts |= _cycling_facts(reading.cycling)
        found += _charge_doubts(reading.cycling)
        if cell_type is not None:
            table = _cycles(reading.cycling, cell_type, area_cm2, found)
    facts |= _spectra_facts(reading)
    return Inspection(reading.format, reading.columns, facts, tuple(found), table, reading.facts)


def _cycling_facts(cycling: pd.DataFrame) -> dict[str, str]:
    facts = {"rows": f"{len(cycling)}"}
    for name, unit in (("voltage_volt", "V"), ("current_ampere", "A"), ("test_time_second", "s")):
        if name in cycling:
            values = cycling[name]
            facts[name] = f"{values.min():g} to {values.max():g} {unit}"
    if "current_ampere" in cycling:
        facts |= _half_cycle_facts(cycling)
    if "cycle_count" in cycling:
        facts["cycles by the file's counter"] = f"{cycling['cycle_count'].nunique()}"
    return facts


def _half_cycle_facts(cycling: pd.DataFrame) -> dict[str, str]:
    halves = half_cycles_of(
        cycling["current_ampere"].to_numpy(dtype=float),
        cycling["test_time_second"].to_numpy(dtype=float),
    )
    if not len(halves):
        return {"half-cycles": "0: no current flows"}
    first = "charges" if halves.sign[0] > 0 else "discharges"
    median_mAh = 1000 * float(np.median(halves.charge_Ah))
    return {
        "half-cycles": f"{len(halves)}, the first {first} the test object (I > 0 charges)",
        "charge of a half-cycle": f"{median_mAh:.4g} mAh (median)",
    }


def _charge_doubts(cycling: pd.DataFrame) -> list[str]:
    check = charge_check(cycling)
    if check is None or check.is_right:
        return []
    return [
        f"the current integrates to {check.ratio:.4g} times the capacity counted in the file: "
        f"{check.hint}"
    ]


def _cycles(
    cycling: pd.DataFrame, cell_type: CellType, area_cm2: float | None, found: list[str]
) -> pd.DataFrame | None:
    """Return the table of cycles, or add to the doubts why there is none."""
    try:
        cell = Cell("file", Recipe(CellDesign(cell_type)), Source("measured"), area_cm2, cycling)
        found.extend(doubts(cell))
        if record_of(cell).n_activation:
            found.append(f"the first {record_of(cell).n_activation} cycles are activation")
        return cycles(cell)
    except (NotMeasured, SeicastError) as reason:
        found.append(f"no cycles: {reason}")
        return None


def _spectra_facts(reading: Reading) -> dict[str, str]:
    if not reading.spectra:
        return {}
    frequencies = np.concatenate([spectrum.frequency_Hz for spectrum in reading.spectra])
    impedance_ohm = np.concatenate([spectrum.impedance_ohm for spectrum in reading.spectra])
    n_capacitive = int(np.sum(impedance_ohm.imag < 0))
    return {
        "spectra": f"{len(reading.spectra)}",
        "points of each": _at_ends([str(each.frequency_Hz.size) for each in reading.spectra]),
        **_cycle_facts(reading.spectra),
        "frequency": f"{frequencies.min():g} to {frequencies.max():g} Hz",
        "real part": f"{impedance_ohm.real.min():g} to {impedance_ohm.real.max():g} ohm",
        "imaginary part": (
            f"{impedance_ohm.imag.min():g} to {impedance_ohm.imag.max():g} ohm, capacitive "
            f"(negative) in {n_capacitive} of {impedance_ohm.size} points"
        ),
    }


def _cycle_facts(spectra: Sequence[Spectrum]) -> dict[str, str]:
    known = [str(spectrum.cycle) for spectrum in spectra if spectrum.cycle is not None]
    return {"taken after cycle": _at_ends(known)} if known else {}


def _at_ends(words: Sequence[str]) -> str:
    """Return words in a row, the middle of a long row left out."""
    if len(words) <= MOST_SPECTRA:
        return ", ".join(words)
    return f"{', '.join(words[:3])}, ... {', '.join(words[-2:])}"
