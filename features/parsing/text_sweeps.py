"""The frequency sweeps of a text file: rows that are impedance, among cycling or alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from features.parsing.reading import Reading
from features.parsing.spectrum_loops import spectra_of
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import Array, Cells, TextRows

SPECTRUM = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
NOTHING = Reading("")


def is_swept(cells: Cells, found: Mapping[str, Sequence[FoundColumn]]) -> NDArray[np.bool_]:
    """Tell which rows have a frequency."""
    if not all(quantity in found for quantity in SPECTRUM):
        return np.zeros(cells.n_rows, dtype=bool)
    return np.asarray(TextRows(cells, found).numbers(found["frequency_hertz"][0]) > 0)


def swept(
    cells: Cells,
    found: Mapping[str, Sequence[FoundColumn]],
    kept: NDArray[np.bool_],
    *,
    has_cycling: bool,
) -> Reading:
    """Return the spectra of the kept rows, and how they were understood."""
    if not kept.any():
        return NOTHING
    rows = TextRows(cells, found, np.flatnonzero(kept))
    columns = [found[quantity][0] for quantity in SPECTRUM]
    frequency_Hz, real_ohm, imaginary_ohm = map(rows.whole_numbers, columns)
    loops = [
        rows.numbers(column) for name in ("loop", "cycle_count") for column in found.get(name, ())
    ]
    finished = (
        _cycles_finished(cells, found)[kept] if has_cycling and "cycle_count" in found else None
    )
    spectra = spectra_of(frequency_Hz, real_ohm + 1j * imaginary_ohm, loops, finished)
    return Reading(
        "",
        spectra=spectra,
        columns={column.header: column.meaning for column in columns},
        notes=(f"{rows.n_rows} rows of frequency sweeps were read as {len(spectra)} spectra.",),
    )


def _cycles_finished(cells: Cells, found: Mapping[str, Sequence[FoundColumn]]) -> Array:
    counter = TextRows(cells, found).whole_numbers(found["cycle_count"][0])
    # A counter that starts at 0 tells the cycles finished; one that starts at 1 is one ahead.
    return np.asarray(counter - min(1.0, counter[0]))
