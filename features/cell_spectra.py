"""The spectra of a cell, looked at and fitted once; every descriptor of impedance reads these."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.errors import NotMeasured
from features.impedance.elements import Array
from features.impedance.fit import PAPERS_CIRCUIT, SpectraFit, fit_spectra
from features.impedance.series import fit_series
from features.impedance.series_fit import SeriesFit
from features.impedance.verdicts import Validity, validity_of
from features.records import Cell, Spectrum
from features.registry import once_per_cell

#: Twice the standard deviation of a value that is told may be this share of it.
MOST_UNCERTAIN_FRACTION = 0.5


@dataclass(frozen=True)
class Value:
    """A fitted resistance of unit area, with the standard deviation of its logarithm."""

    value: float
    log_sd: float


@dataclass(frozen=True, eq=False)
class FittedSpectrum:
    """One spectrum of a cell with the fit of the paper's circuit.

    Attributes
    ----------
    spectrum : Spectrum
    fits : SpectraFit
        Of all spectra of the cell.
    place : int
        Which of them.
    area_cm2 : float or None
    """

    spectrum: Spectrum
    fits: SpectraFit
    place: int
    area_cm2: float | None

    @property
    def reason(self) -> str:
        """Return why arcs cannot be told apart; empty where they can."""
        return self.fits.reasons[self.place]

    @property
    def row(self) -> int:
        """Return the spectrum's row in the fit; refuse where it was not fitted."""
        if self.fits.refusals[self.place]:
            raise NotMeasured(self.reason)
        return self.place

    @property
    def n_interfaces(self) -> float:
        """Return the number of like interfaces in series."""
        return float(self.fits.n_interfaces[self.row])

    def arc(self, number: int) -> Value:
        """Return the resistance of an arc, in ohm of the whole cell; 0 is the fastest.

        Raises
        ------
        NotMeasured
            If the arcs cannot be told apart, with the reason.
        """
        self.demand_identifiable()
        arcs = self.fits.arcs
        return Value(
            float(arcs.resistance_ohm[self.row, number]),
            float(arcs.log_resistance_sd[self.row, number]),
        )

    def apex_frequency_Hz(self, number: int) -> float:
        """Return where an arc peaks, of arcs that can be told apart."""
        self.demand_identifiable()
        return float(self.fits.arcs.frequency_Hz[self.row, number])

    def demand_identifiable(self) -> None:
        """Refuse where the two arcs cannot be told apart."""
        if self.reason:
            raise NotMeasured(f"the arcs cannot be told apart: {self.reason}")

    def interface(self) -> Value:
        """Return the sum of all arcs, in ohm of the whole cell."""
        fits, row = self.fits, self.row
        total_ohm = float(fits.arcs.total_ohm[row])
        return self._certain("R_int", total_ohm, float(fits.total_sd_ohm[row]))

    def series(self) -> Value:
        """Return the resistance before all arcs, in ohm of the whole cell."""
        fits, row = self.fits, self.row
        return self._certain("R_s", float(fits.series_ohm[row]), float(fits.series_sd_ohm[row]))

    def parameter(self, name: str) -> tuple[float, float]:
        """Return a parameter of the whole cell and the standard deviation of its logarithm."""
        fit = self.fits
        place = fit.parameters.index(name)
        log_sd = float(np.sqrt(fit.covariance[self.row, place, place]))
        return float(np.exp(self.log_parameters[place])), log_sd

    @property
    def log_parameters(self) -> Array:
        """Return the logarithms of all parameters of the whole cell."""
        found: Array = self.fits.fit.log_parameters[self.row]
        return found

    def of_interface(self, value_ohm: float, impedance_power: int = 1) -> float:
        """Return a value of the whole cell as one of an interface's unit area."""
        return value_ohm * (self.known_area_cm2 / self.n_interfaces) ** impedance_power

    @property
    def known_area_cm2(self) -> float:
        """Return the electrode's area; refuse where it is not stated."""
        if self.area_cm2 is None:
            raise NotMeasured("the electrode's area is not stated")
        return self.area_cm2

    def _certain(self, name: str, value: float, sd: float) -> Value:
        log_sd = sd / value
        if not 2 * log_sd <= MOST_UNCERTAIN_FRACTION:
            why = self.fits.misfit.reason(self.place)
            raise NotMeasured(
                f"{name} is known to a factor of {np.exp(min(2 * log_sd, 20)):.2g} only"
                f"{': ' + why if why else ', its arcs may lie outside the frequencies measured'}"
            )
        return Value(value, log_sd)


@once_per_cell
def validity(cell: Cell) -> Validity:
    """Return what was found in the spectra of a cell, by cycle and time; unknown ones first."""
    return validity_of(sorted(cell.spectra, key=_moment), cell.area_cm2)


@once_per_cell
def fits(cell: Cell) -> SpectraFit:
    """Return the fit of the paper's circuit to all spectra of a cell, in one batch."""
    return fit_spectra(validity(cell), PAPERS_CIRCUIT, cell.area_cm2, usual_interfaces(cell))


@once_per_cell
def series(cell: Cell) -> SeriesFit:
    """Return the joint fit of the paper's circuit to the spectra of known cycle, in order.

    What neighbours tell of an ambiguous spectrum is used; refused spectra take no part.
    """
    found = validity(cell)
    is_known = [spectrum.cycle is not None for spectrum in found.spectra]
    some = np.flatnonzero(found.is_sound & np.array(is_known, dtype=bool))
    return fit_series(found.take(some), PAPERS_CIRCUIT, cell.area_cm2, usual_interfaces(cell))


def usual_interfaces(cell: Cell) -> int:
    """Return the like interfaces in series where a spectrum does not say."""
    return 2 if cell.recipe.cell.type == "Li||Li" else 1


def last_spectrum(cell: Cell) -> Spectrum:
    """Return the last spectrum of a cell, as measured."""
    return validity(_with_spectra(cell)).spectra[-1]


def last_fitted(cell: Cell) -> FittedSpectrum:
    """Return the last spectrum of a cell as fitted.

    Raises
    ------
    NotMeasured
        If the cell has no spectrum.
    """
    return list(every_fitted(cell))[-1]


def every_fitted(cell: Cell) -> Iterator[FittedSpectrum]:
    """Yield the spectra of a cell as fitted, at least one, by cycle and time."""
    found = fits(_with_spectra(cell))
    for place, spectrum in enumerate(found.validity.spectra):
        yield FittedSpectrum(spectrum, found, place, cell.area_cm2)


def _with_spectra(cell: Cell) -> Cell:
    if not cell.spectra:
        raise NotMeasured("there is no impedance spectrum")
    return cell


def _moment(spectrum: Spectrum) -> tuple[float, float]:
    return (
        -1.0 if spectrum.cycle is None else spectrum.cycle,
        -1.0 if spectrum.time_h is None else spectrum.time_h,
    )
