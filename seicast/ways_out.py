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
        Whether the circuit is one of the known ones; the choice may still fall on one that is
        refuted, as it asks which predicts best for its parameters.
    """
    first: dict[object, int] = {}
    for row in np.flatnonzero(fit.misfit.is_missed).tolist():
        first.setdefault(files[row], row)
    rows = list(first.values())
    found = _describing(fit, rows[:MOST_SEARCHED])
    ways = [_way_out(text, is_chosen=is_chosen) for text in found]
    doubts = list(fit.sentences)
    for row, way in zip(rows, ways, strict=False):
        sentence = fit.misfit.sentence(row, fit.circuit.text)
        doubts[row] = f"{sentence}; {way}{doubts[row][len(sentence) :]}"
    return doubts


def _describing(fit: SpectraFit, rows: Sequence[int]) -> list[str | None]:
    return describing_circuits(fit.validity.take(np.array(rows, dtype=np.intp))) if rows else []


def _way_out(other: str | None, *, is_chosen: bool) -> str:
    """Return which circuit a spectrum does not refute, or that it refutes all that are known."""
    if other is None:
        other_than = "other of" if is_chosen else "of"
        return f"nor does any {other_than} the {len(SHORT_LIST)} known circuits"
    return f"{other} is not refuted: --circuit '{other}'"
