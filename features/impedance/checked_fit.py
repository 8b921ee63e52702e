"""Fits of spectra that were looked at first: what no fit can make sense of is refused, told why."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.impedance.fit import PAPERS_CIRCUIT, SpectraFit, fit_spectra
from features.impedance.kramers_kronig import KramersKronig, kramers_kronig
from features.impedance.validity import Doubt, refusal, spectra_doubts
from features.records import Spectrum

#: Columns of the fit's table that hold true or false; false where there was no fit.
VERDICTS = ("identifiable", "is_converged")


@dataclass(frozen=True, eq=False)
class Validity:
    """What was found in spectra before they were fitted, in the order given.

    Attributes
    ----------
    spectra : tuple of Spectrum
    found : KramersKronig
    doubts : tuple of tuples of Doubt
    """

    spectra: tuple[Spectrum, ...]
    found: KramersKronig
    doubts: tuple[tuple[Doubt, ...], ...]

    @cached_property
    def refusals(self) -> tuple[str, ...]:
        """Return why a spectrum cannot be fitted; empty where it can."""
        return tuple(refusal(each) or "" for each in self.doubts)


@dataclass(frozen=True, eq=False)
class CheckedFit:
    """Fits of the spectra that can be fitted.

    Attributes
    ----------
    validity : Validity
        Of all spectra.
    fit : SpectraFit
        Of those that were not refused.
    """

    validity: Validity
    fit: SpectraFit

    @cached_property
    def rows(self) -> tuple[int | None, ...]:
        """Return the row of each spectrum in the fit; None where it was refused."""
        fitted = iter(range(len(self.fit.spectra)))
        return tuple(None if why else next(fitted) for why in self.validity.refusals)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Return why a spectrum was refused, or its arcs cannot be told; empty where they can."""
        return tuple(
            why if row is None else self.fit.reasons[row]
            for row, why in zip(self.rows, self.validity.refusals, strict=True)
        )

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return the table of the fit with a row for every spectrum, and what was doubted.

        ``is_fitted`` tells whether there was a fit, ``is_consistent`` what the Kramers-Kronig test
        says, ``doubts`` all that was doubted.
        """
        kept = [place for place, row in enumerate(self.rows) if row is not None]
        table = self.fit.table.set_axis(kept).reindex(range(len(self.rows)))
        found = self.validity.found.table
        return table.assign(
            **{name: np.isin(range(len(table)), self._true(name, kept)) for name in VERDICTS},
            reason=list(self.reasons),
            is_fitted=[row is not None for row in self.rows],
            kk_rms=found["kk_rms"].to_numpy(),
            is_consistent=found["is_consistent"].to_numpy(),
            doubts=["; ".join(map(str, each)) for each in self.validity.doubts],
            n_points=self.validity.found.relaxations.batch.n_points,
        )

    def _true(self, name: str, kept: list[int]) -> list[int]:
        """Return the spectra of which a column is true."""
        is_true = self.fit.table[name].to_numpy(dtype=bool)
        return [place for place, holds in zip(kept, is_true, strict=True) if holds]


def validity_of(spectra: Sequence[Spectrum], area_cm2: float | None = None) -> Validity:
    """Return the Kramers-Kronig verdicts on spectra and what is to be doubted in them."""
    found = kramers_kronig(spectra)
    return Validity(tuple(spectra), found, tuple(spectra_doubts(spectra, area_cm2, found)))


def checked_fit(
    spectra: Sequence[Spectrum] | Validity,
    circuit: str = PAPERS_CIRCUIT,
    area_cm2: float | None = None,
    n_interfaces: int = 1,
) -> CheckedFit:
    """Return the fit of a circuit to all spectra that are worth one.

    Parameters
    ----------
    spectra : sequence of Spectrum, or Validity
        Validity where they were looked at already.
    circuit, area_cm2, n_interfaces
        See ``fit_spectra``.

    Raises
    ------
    InvalidSetting
        If the circuit cannot be read or has no arc, or the area is not positive.

    Examples
    --------
    >>> frequency_Hz = np.logspace(6, -1, 50)
    >>> arc_ohm = 4 + 60 / (1 + 6e-3j * frequency_Hz)
    >>> good, mirrored = Spectrum(frequency_Hz, arc_ohm), Spectrum(frequency_Hz, arc_ohm.conj())
    >>> checked_fit([good, mirrored], "one_arc").table["is_fitted"].tolist()
    [True, False]
    """
    validity = spectra if isinstance(spectra, Validity) else validity_of(spectra, area_cm2)
    kept = [
        spectrum
        for spectrum, why in zip(validity.spectra, validity.refusals, strict=True)
        if not why
    ]
    return CheckedFit(validity, fit_spectra(kept, circuit, area_cm2, n_interfaces))
