"""The frequency sweeps of a text file: rows that are impedance, among cycling or alone."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from features.errors import UnreadableFile
from features.parsing.reading import Reading
from features.parsing.sweep_checks import CARTESIAN, FREQUENCY
from features.parsing.sweep_rows import sweeps_in
from features.parsing.text_format import FoundColumn
from features.parsing.text_rows import Array, Cells, TextRows

SPECTRUM = (FREQUENCY, *CARTESIAN)
NOTHING = Reading("")


def is_swept(cells: Cells, found: Mapping[str, Sequence[FoundColumn]]) -> NDArray[np.bool_]:
    """Tell which rows have a frequency; refuse one below 0 Hz."""
    if not all(quantity in found for quantity in SPECTRUM):
        return np.zeros(cells.n_rows, dtype=bool)
    column = found[FREQUENCY][0]
    frequency_Hz = TextRows(cells, found).numbers(column)
    _refuse_negative(cells, column, frequency_Hz)
    return np.asarray(frequency_Hz > 0)


def swept(
    cells: Cells,
    found: Mapping[str, Sequence[FoundColumn]],
    kept: NDArray[np.bool_],
    *,
    has_cycling: bool,
) -> Reading:
    """Return the spectra of the kept rows, and how they were understood."""
    if not has_cycling:
        require_frequencies(cells, found[FREQUENCY][0])
    if not kept.any():
        return NOTHING
    rows = TextRows(cells, found, np.flatnonzero(kept))
    loops = [
        rows.numbers(column) for name in ("loop", "cycle_count") for column in found.get(name, ())
    ]
    finished = (
        _cycles_finished(cells, found)[kept] if has_cycling and "cycle_count" in found else None
    )
    return sweeps_in(rows, loops, finished)


def require_frequencies(cells: Cells, column: FoundColumn) -> None:
    """Refuse a row without frequency where all rows are impedance, and rows of nothing but 0 Hz."""
    frequency_Hz = TextRows(cells, {}).whole_numbers(column)
    _refuse_negative(cells, column, frequency_Hz)
    if not frequency_Hz.any():
        raise UnreadableFile(
            f"'{cells.file}', column {column.header}: no row is above 0 Hz; nothing was measured."
        )


def _refuse_negative(cells: Cells, column: FoundColumn, frequency_Hz: Array) -> None:
    if (frequency_Hz < 0).any():
        cells.refuse_cell(
            int(np.argmax(frequency_Hz < 0)), column.index, "frequency of 0 Hz or more"
        )


def _cycles_finished(cells: Cells, found: Mapping[str, Sequence[FoundColumn]]) -> Array:
    counter = TextRows(cells, found).whole_numbers(found["cycle_count"][0])
    # A counter that starts at 0 tells the cycles finished; one that starts at 1 is one ahead.
    return np.asarray(counter - min(1.0, counter[0]))
