"""What must hold for the rows of a frequency sweep, and what is doubted where it does not."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.parsing.bode_relation import (
    CLEARLY_BETTER,
    LARGEST_MISFIT_DEGREE,
    WELL_FITTING_DEGREE,
    bode_misfit_degree,
    fits_as_polar,
    fitting_order,
)
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import TextRows
from features.records import Spectrum

Complex = NDArray[np.complex128]

FREQUENCY = "frequency_hertz"
CARTESIAN = ("real_impedance_ohm", "imaginary_impedance_ohm")
POLAR = ("modulus_ohm", "phase_degree")
#: Of the modulus; the fewest digits met (three, and tenths of a degree) make 0.6 %.
LARGEST_DISAGREEMENT = 0.02
#: A sweep goes one way; one that turns at more than this share of its points is shuffled.
MOST_TURNS = 0.25
FEWEST_POINTS_JUDGED = 6
#: Of a sweep, where only leaps of the frequency tell sweeps apart.
FEWEST_POINTS, MOST_SHORT_SWEEPS = 4, 3


def doubts(spectra: Sequence[Spectrum], columns: Sequence[FoundColumn]) -> list[str]:
    """Return what phase and modulus of the spectra say against the names of their columns."""
    imaginary = columns[1].header
    found = []
    if any(map(_fits_turned, spectra)):
        n_inductive = sum(int(np.sum(each.impedance_ohm.imag > 0)) for each in spectra)
        n_points = sum(each.frequency_Hz.size for each in spectra)
        found.append(
            f"{n_inductive} of {n_points} points are inductive (Im Z > 0), and phase and modulus "
            f"would fit each other with the other sign: '{imaginary}' may not be what it says."
        )
    if columns[0].quantity != POLAR[0] and any(
        fits_as_polar(each.frequency_Hz, each.impedance_ohm) for each in spectra
    ):
        found.append(
            f"'{columns[0].header}' and '{imaginary}' would fit each other better as modulus and "
            f"phase than as real and imaginary part; check what they hold."
        )
    n_negative = sum(int(np.sum(each.impedance_ohm.real < 0)) for each in spectra)
    if n_negative:
        found.append(f"{n_negative} points have a negative real part; noise, or damaged cells.")
    points = [each.frequency_Hz.tobytes() + each.impedance_ohm.tobytes() for each in spectra]
    n_copies = len(points) - len(set(points))
    if n_copies:
        found.append(f"{n_copies} of {len(points)} spectra repeat an earlier one digit by digit.")
    return found


def _fits_turned(spectrum: Spectrum) -> bool:
    turned = bode_misfit_degree(spectrum.frequency_Hz, spectrum.impedance_ohm.conj())
    misfit_degree = bode_misfit_degree(spectrum.frequency_Hz, spectrum.impedance_ohm)
    return CLEARLY_BETTER * turned < misfit_degree and turned < WELL_FITTING_DEGREE


def require_positive_resistance(
    rows: TextRows, columns: Sequence[FoundColumn], impedance_ohm: Complex
) -> None:
    """Refuse mostly negative real parts; noise may turn a few, but a cell is passive."""
    is_negative = impedance_ohm.real < 0
    if 2 * int(is_negative.sum()) > max(is_negative.size, 1):
        row = int(np.argmax(is_negative))
        raise UnreadableFile(
            f"'{rows.file}', {rows.place(row)}, column {columns[0].header}: the real part is "
            f"{impedance_ohm.real[row]:g} ohm, and negative in {int(is_negative.sum())} of "
            f"{is_negative.size} rows; a cell's is positive. Are columns swapped?"
        )


def require_polar_agreement(rows: TextRows, needed: Sequence[str], impedance_ohm: Complex) -> None:
    """Refuse the first row whose modulus, where one stands beside, is that of another number."""
    if needed == POLAR or POLAR[0] not in rows.found:
        return
    column = rows.found[POLAR[0]][0]
    modulus_ohm = rows.numbers(column)
    is_known = np.isfinite(modulus_ohm) & (modulus_ohm != 0)
    error_ohm = np.abs(np.abs(impedance_ohm) - modulus_ohm)
    is_wrong = is_known & (error_ohm > LARGEST_DISAGREEMENT * np.abs(modulus_ohm))
    if is_wrong.any():
        row = int(np.argmax(is_wrong))
        raise UnreadableFile(
            f"'{rows.file}', {rows.place(row)}, column {column.header}: {modulus_ohm[row]:g} ohm "
            f"is not the modulus of {impedance_ohm[row]:g} ohm beside it; they may differ by "
            f"{LARGEST_DISAGREEMENT:.0%}. Mend the row or drop it."
        )


def require_order(rows: TextRows, spectra: Sequence[Spectrum]) -> None:
    """Refuse a sweep whose frequency turns again and again."""
    start = 0
    for spectrum in spectra:
        steps = np.sign(np.diff(spectrum.frequency_Hz))
        steps = steps[steps != 0]
        turns = np.flatnonzero(np.diff(steps) != 0)
        size = spectrum.frequency_Hz.size
        if size >= FEWEST_POINTS_JUDGED and turns.size > max(2, MOST_TURNS * size):
            raise UnreadableFile(
                f"'{rows.file}', {rows.place(start + int(turns[0]) + 1)}, column "
                f"{rows.found[FREQUENCY][0].header}: the frequency turns {turns.size} times in "
                f"{size} rows; a sweep goes one way. Are rows shuffled, or columns swapped?"
            )
        start += size


def require_whole_sweeps(rows: TextRows, spectra: Sequence[Spectrum]) -> None:
    """Refuse rows that leap back and forth; a sweep that begins anew is known by one leap."""
    sizes = [spectrum.frequency_Hz.size for spectrum in spectra]
    if len(sizes) > MOST_SHORT_SWEEPS and np.median(sizes) < FEWEST_POINTS:
        raise UnreadableFile(
            f"'{rows.file}', {rows.place(sizes[0])}, column {rows.found[FREQUENCY][0].header}: the "
            f"frequency leaps back {len(sizes) - 1} times in {sum(sizes)} rows, without a column "
            f"of loops; a sweep goes one way. Are rows shuffled, or columns swapped?"
        )


def require_unswapped(
    rows: TextRows, columns: Sequence[FoundColumn], spectra: Sequence[Spectrum]
) -> list[str]:
    """Refuse columns that are a passive cell in another order alone; doubt what is none in any."""
    names = [column.header for column in (rows.found[FREQUENCY][0], *columns)]
    start, found = 0, []
    for spectrum in spectra:
        misfit_degree = bode_misfit_degree(spectrum.frequency_Hz, spectrum.impedance_ohm)
        if misfit_degree > LARGEST_MISFIT_DEGREE and not _fits_turned(spectrum):
            order = fitting_order(spectrum.frequency_Hz, spectrum.impedance_ohm)
            what = (
                f"the phase misses the one that the slope of the modulus tells by "
                f"{misfit_degree:.0f} degree, of a passive cell by less than 10"
            )
            if order is not None and columns[0].quantity != POLAR[0]:
                raise UnreadableFile(
                    f"'{rows.file}', {rows.place(start)} and below, columns {names}: {what}. They "
                    f"fit each other in the order {[names[k] for k in order]}: are they swapped?"
                )
            found.append(f"In {rows.place(start)} and below {what}: check columns and units.")
        start += spectrum.frequency_Hz.size
    return found[:1]
