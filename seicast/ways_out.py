"""Doubts of fitted spectra, with another circuit where the one that was fitted misses."""

from collections.abc import Sequence

import numpy as np

from features.impedance.choice import SHORT_LIST
from features.impedance.fit import SpectraFit
from features.impedance.way_out import describing_circuits

#: Of files fitted together, those for which another circuit is looked for: it takes as long as
#: ten fits.
MOST_SEARCHED = 4


def doubts_with_ways_out(fit: SpectraFit, files: Sequence[object], *, is_chosen: bool) -> list[str]:
    """Return what is doubted, with the way out where the circuit does not describe a spectrum.

    It is looked for in the first such spectrum of a file, as the others are most often alike.

    Parameters
    ----------
    fit : SpectraFit
    files : sequence of object
        Of each spectrum, whatever tells its file from others.
    is_chosen : bool
        Whether the circuit was chosen among the known ones, so that none is better.
    """
    first: dict[object, int] = {}
    for row in np.flatnonzero(fit.misfit.is_missed).tolist():
        first.setdefault(files[row], row)
    rows = list(first.values())
    ways = ["of the known circuits it comes nearest"] * len(rows)
    if not is_chosen:
        ways = [_way_out(text) for text in _describing(fit, rows[:MOST_SEARCHED])]
    doubts = list(fit.sentences)
    for row, way in zip(rows, ways, strict=False):
        sentence = fit.misfit.sentence(row, fit.circuit.text)
        doubts[row] = f"{sentence}; {way}{doubts[row][len(sentence) :]}"
    return doubts


def _describing(fit: SpectraFit, rows: Sequence[int]) -> list[str | None]:
    return describing_circuits(fit.validity.take(np.array(rows, dtype=np.intp))) if rows else []


def _way_out(other: str | None) -> str:
    """Return which circuit describes a spectrum, or that none of those known does."""
    if other is None:
        return f"nor does any of the {len(SHORT_LIST)} known circuits"
    return f"{other} does: --circuit '{other}'"
