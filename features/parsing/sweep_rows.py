"""The rows of a frequency sweep to spectra: complete, within limits, agreeing with themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from features.counting import counted
from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.parsing.spectrum_loops import spectra_of
from features.parsing.sweep_checks import (
    CARTESIAN,
    FREQUENCY,
    POLAR,
    Complex,
    doubts,
    require_order,
    require_polar_agreement,
    require_positive_resistance,
    require_unswapped,
    require_whole_sweeps,
)
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import Array, TextRows
from features.records import HIGHEST_IMPEDANCE_OHM, Spectrum

OF_EITHER_SIGN = "imaginary_of_either_sign_ohm"
#: What is enough, the preferred first.
COMPLETE = (CARTESIAN, (CARTESIAN[0], OF_EITHER_SIGN), POLAR)
HIGHEST_FREQUENCY_HZ = 1e8
HIGHEST_RADIAN = np.pi
UNTOLD_PHASE = "deg?"


def sweeps_in(rows: TextRows, loops: Sequence[Array] = (), cycle: Array | None = None) -> Reading:
    """Return the spectra of rows that are all above 0 Hz, and how they were understood.

    Parameters
    ----------
    rows : TextRows
    loops : sequence of float arrays of shape (n_rows,)
        Numbers that change from loop to loop.
    cycle : float array of shape (n_rows,), optional
        Cycles finished at each row.

    Raises
    ------
    UnreadableFile
        If a cell is no finite number, none of a battery, or contradicts the cells beside it; the
        message names file, line and column.
    """
    frequency = rows.found[FREQUENCY][0]
    frequency_Hz = rows.whole_numbers(frequency)
    _require_below(rows, frequency, frequency_Hz, HIGHEST_FREQUENCY_HZ)
    needed = next(names for names in COMPLETE if set(names) <= set(rows.found))
    columns = [rows.found[name][0] for name in needed]
    for column in columns[: 1 if needed == POLAR else 2]:
        _require_below(rows, column, rows.whole_numbers(column), HIGHEST_IMPEDANCE_OHM)
    impedance_ohm, notes = _impedance_ohm(rows, columns, frequency_Hz)
    require_positive_resistance(rows, columns, impedance_ohm)
    require_polar_agreement(rows, needed, impedance_ohm)
    spectra = spectra_of(frequency_Hz, impedance_ohm, loops, cycle)
    require_order(rows, spectra)
    if not any(np.ptp(loop) for loop in loops):
        require_whole_sweeps(rows, spectra)
    notes += require_unswapped(rows, columns, spectra)
    notes += doubts(spectra, columns)
    spectra, n_repeated = _without_repeated(spectra)
    if n_repeated:
        notes.append(f"{n_repeated} rows that repeat an earlier row were left out.")
    return Reading(
        "",
        spectra=spectra,
        columns={column.header: _meaning(column) for column in (frequency, *columns)},
        notes=(
            f"{rows.n_rows} rows of frequency sweeps were read as "
            f"{counted(len(spectra), 'spectrum', 'spectra')}.",
            *notes,
        ),
    )


def lacking(found: Mapping[str, Sequence[FoundColumn]]) -> list[str]:
    """Return the quantities without which a table of impedance is no spectrum."""
    missing = [] if FREQUENCY in found else [FREQUENCY]
    gaps = [[name for name in names if name not in found] for names in COMPLETE]
    return missing + min(gaps, key=len)


def _impedance_ohm(
    rows: TextRows, columns: Sequence[FoundColumn], frequency_Hz: Array
) -> tuple[Complex, list[str]]:
    first, second = map(rows.whole_numbers, columns)
    if columns[1].quantity == POLAR[1]:
        phase = columns[1]
        if phase.unit == UNTOLD_PHASE and second.size and np.abs(second).max() <= HIGHEST_RADIAN:
            raise UnreadableFile(
                f"'{rows.file}', column {phase.header}: all phases are within 3.14, so degree and "
                f"radian cannot be told apart; name the column 'phase/deg' or 'phase/rad'."
            )
        angle_rad = np.radians(second)
        impedance_ohm = _complex(first * np.cos(angle_rad), first * np.sin(angle_rad))
        return impedance_ohm, [f"Impedance from modulus and phase in {phase.unit.strip('?')}."]
    if columns[1].quantity == OF_EITHER_SIGN:
        sign = _sign_of_capacitive_branch(second, frequency_Hz)
        what = "as it is" if sign > 0 else "with its sign turned"
        note = (
            f"The name '{columns[1].header}' does not tell the sign of the imaginary part; most "
            f"points below the middle frequency must be capacitive, so it was read {what}."
        )
        return _complex(first, sign * second), [note]
    return _complex(first, second), []


def _complex(real_ohm: Array, imaginary_ohm: Array) -> Complex:
    return np.asarray(real_ohm + 1j * imaginary_ohm, dtype=np.complex128)


def _sign_of_capacitive_branch(imaginary_ohm: Array, frequency_Hz: Array) -> float:
    """Return what makes the slow half of the points capacitive; leads are inductive when fast."""
    slow = imaginary_ohm[frequency_Hz <= np.median(frequency_Hz)]
    return -1.0 if np.sum(slow > 0) > np.sum(slow < 0) else 1.0


def _meaning(column: FoundColumn) -> str:
    return column.meaning + (" with its sign turned" if column.factor < 0 else "")


def _require_below(rows: TextRows, column: FoundColumn, values: Array, highest: float) -> None:
    beyond = np.abs(values) > highest
    if beyond.any():
        row = int(np.argmax(beyond))
        raise UnreadableFile(
            f"'{rows.file}', {rows.place(row)}, column {column.header}: {column.quantity} is "
            f"{values[row]:g}; at most {highest:g} is allowed. Check the unit in the header."
        )


def _without_repeated(spectra: Sequence[Spectrum]) -> tuple[tuple[Spectrum, ...], int]:
    """Return spectra without exact repetitions of a point, and how many there were."""
    kept, n_repeated = [], 0
    for spectrum in spectra:
        points = np.column_stack([spectrum.frequency_Hz, spectrum.impedance_ohm])
        first = np.sort(np.unique(points, axis=0, return_index=True)[1])
        n_repeated += spectrum.frequency_Hz.size - first.size
        kept.append(
            replace(
                spectrum,
                frequency_Hz=spectrum.frequency_Hz[first],
                impedance_ohm=spectrum.impedance_ohm[first],
            )
        )
    return tuple(kept), n_repeated
