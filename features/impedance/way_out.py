"""The way out where a spectrum refutes a circuit: another one that it does not refute."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.impedance.choice import SHORT_LIST
from features.impedance.circuit import circuit_of
from features.impedance.fit import fit_spectra
from features.impedance.verdicts import Validity


def describing_circuits(
    found: Validity, candidates: Sequence[str] = SHORT_LIST
) -> list[str | None]:
    """Return the simplest circuit that each spectrum does not refute; None if it refutes all.

    Parameters
    ----------
    found : Validity
        Of spectra that are not refused.
    candidates : sequence of str
        Circuits, or names out of ``NAMED_CIRCUITS``; of the same number of parameters the first
        goes before. Ten take a quarter of a second for one spectrum, less for each of many.

    Examples
    --------
    >>> from features.impedance.verdicts import validity_of
    >>> from features.records import Spectrum
    >>> frequency_Hz = np.logspace(6, -1, 60)
    >>> s = 2j * np.pi * frequency_Hz
    >>> arcs_ohm = 4 + 60 / (1 + 60 * 1e-6 * s) + 90 / (1 + 90 * 1e-4 * s)
    >>> describing_circuits(validity_of([Spectrum(frequency_Hz, arcs_ohm)]))
    ['R0-p(R1,CPE1)-p(R2,CPE2)']
    """
    circuits = sorted(map(circuit_of, candidates), key=lambda circuit: len(circuit.parameters))
    describing: list[str | None] = [None] * len(found)
    left: NDArray[np.intp] = np.arange(len(found))
    for circuit in circuits:
        if not left.size:
            break
        is_missed = fit_spectra(found.take(left), circuit.text).misfit.is_missed
        for row in left[~is_missed].tolist():
            describing[row] = circuit.text
        left = left[is_missed]
    return describing
