"""What was understood of a file, in one screen: format, columns, signs, cycles, gaps, doubts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from features.charge_check import charge_check
from features.counting import counted
from features.cycles import cycles
from features.doubts import doubts, misfit_reasons
from features.errors import NotMeasured, SeicastError
from features.half_cycles import half_cycles_of
from features.oriented_record import Record, record_of
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
SWAPPED = "voltage and current are turned round, as if the cables had been swapped"
#: (voltage, current) turned against the file's own signs -> what that is.
TURNED = {
    (True, True): SWAPPED,
    (True, False): "the voltage is turned round, against the sign of the current",
    (False, True): "the current is turned round, against the sign of the voltage",
}
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
    by_type : tuple of str
        What the stated type made of the file where it is not plain: that it hardly fits, that
        currents are read the other way round, that cycles count as activation, that there are
        none. To be read before anything else; the doubts hold it as well.
    """

    format: str
    columns: Mapping[str, str]
    facts: Mapping[str, str]
    doubts: tuple[str, ...]
    cycles: pd.DataFrame | None = field(default=None)
    preamble: Mapping[str, str] = field(default_factory=dict)
    by_type: tuple[str, ...] = ()

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
    by_type: list[str] = []
    table = None
    if reading.cycling is not None:
        facts |= _cycling_facts(reading.cycling)
        found += _charge_doubts(reading.cycling)
        if cell_type is not None:
            table, by_type = _cycles(reading.cycling, cell_type, area_cm2, found)
    facts |= _spectra_facts(reading)
    found += [each for each in by_type if each not in found]
    return Inspection(
        reading.format,
        reading.columns,
        facts,
        tuple(found),
        table,
        preamble=reading.facts,
        by_type=tuple(by_type),
    )


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
) -> tuple[pd.DataFrame | None, list[str]]:
    """Return the table of cycles, and what the type made of the file; further doubts are added."""
    by_type: list[str] = []
    try:
        cell = Cell("file", Recipe(CellDesign(cell_type)), Source("measured"), area_cm2, cycling)
        by_type += misfit_reasons(cell)
        by_type += _readings(cell)
        found.extend(doubts(cell))
        return cycles(cell), by_type
    except (NotMeasured, SeicastError) as reason:
        return None, [*by_type, f"no cycles: {reason}"]


def _readings(cell: Cell) -> Iterator[str]:
    """Tell what was decided about a record for the type's sake: its signs, its activation."""
    record, cell_type = record_of(cell), cell.recipe.cell.type
    plating_sign = (
        record.half_cycles.sign[0] if record.plates_first else -record.half_cycles.sign[0]
    )
    usual_sign = 1 if cell.is_full_cell else -1
    turned = TURNED.get((record.orientation < 0, plating_sign != usual_sign))
    is_symmetric = cell_type == "Li||Li" and turned == SWAPPED  # either end may come first
    if turned and record.n_pairs and not is_symmetric:
        yield f"{turned}: {_first_of(record, is_full_cell=cell.is_full_cell)}"
    if record.n_activation:
        n_halves = counted(len(record.half_cycles), "half-cycle")
        yield (
            f"the first {2 * record.n_activation} of {n_halves} count as activation, in which "
            f"{cell_type} stays above 0 V and plates no lithium; if they are cycles, the cell is "
            f"of another type: state that"
        )


def _first_of(record: Record, *, is_full_cell: bool) -> str:
    """Return what the half-cycles are told by."""
    if is_full_cell:
        return "a full cell charges where its voltage rises, and the file's current says otherwise"
    does = "charges" if record.half_cycles.sign[0] > 0 else "discharges"
    return f"this type plates first, and the first half-cycle {does} the test object in the file"


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
