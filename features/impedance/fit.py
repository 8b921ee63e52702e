"""Fits of spectra without a guess: parameters, their confidence, and when arcs cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import pandas as pd

from features.errors import InvalidSetting
from features.impedance.arcs import Arcs, arcs_in, doubts
from features.impedance.batch_fit import BatchFit, fit_batch
from features.impedance.circuit import Circuit, Leaf, circuit_of, with_inductance
from features.impedance.coordinates import arcs_of
from features.impedance.elements import Array, ComplexArray
from features.impedance.fit_table import table_of
from features.impedance.misfit import Misfit, misfit_of, off_without_circuit, widened
from features.impedance.spectra import Batch
from features.impedance.verdicts import Validity, validity_of
from features.records import Spectrum

PAPERS_CIRCUIT = "lithium_metal"


@dataclass(frozen=True, eq=False)
class SpectraFit:
    """Fits of spectra, in the order given.

    Attributes
    ----------
    validity : Validity
        What was found in the spectra before.
    fit : BatchFit
        What was found of the whole cell; nan where a spectrum was refused.
    misfit : Misfit
        Which spectra the circuit does not describe.
    area_cm2 : float array of shape (n_spectra,) or None
    n_interfaces : int array of shape (n_spectra,)
    """

    validity: Validity
    fit: BatchFit
    misfit: Misfit
    area_cm2: Array | None
    n_interfaces: Array

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        """Return the spectra as they were measured."""
        return self.validity.spectra

    @property
    def batch(self) -> Batch:
        """Return the spectra sorted and side by side."""
        return self.validity.batch

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return why a spectrum was not fitted; empty where it was."""
        return self.validity.refusals

    @property
    def circuit(self) -> Circuit:
        """Return the circuit that was fitted, with its inductance."""
        return self.fit.circuit

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names of the circuit's parameters."""
        return self.circuit.parameters

    @property
    def covariance(self) -> Array:
        """Return the covariance of the log-parameters of each spectrum."""
        return self.fit.covariance

    @cached_property
    def arcs(self) -> Arcs:
        """Return the arcs from fast to slow, of the whole cell."""
        return arcs_in(self.fit)

    def impedance_ohm(self, row: int, frequency_Hz: Array) -> ComplexArray:
        """Return the fitted impedance of one spectrum at any frequencies."""
        log_parameters = self.fit.log_parameters[row : row + 1]
        found: ComplexArray = self.circuit.impedance_ohm(log_parameters, frequency_Hz[None])[0]
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return one row a spectrum.

        ``R_s``, ``R_SEI``, ``R_ct``, ``R_int``
            Series resistance, fastest and second arc, sum of all arcs, in ohm, or in ohm cm2
            of one interface (``R_s``: of the cell) where the area is known. With further arcs
            ``R_3`` and on, with an only one ``R_arc1``.
        ``f_SEI_Hz``, ``f_ct_Hz``
            Where the arcs peak.
        ``CPE1_Q``, ``CPE1_alpha``, ``W1``, ``C2``, ``L0``, ...
            Other parameters by the element's name in the circuit, with their units.
        ``..._sd``
            Standard deviation of the column before.
        ``identifiable``, ``reason``
            Whether the arcs can be told apart, and what speaks against it.
        ``is_fitted``, ``is_described``, ``doubts``
            Whether there was a fit at all, whether the circuit describes the spectrum, and all
            that is to be doubted in spectrum and fit.
        ``correlation_R_SEI_R_ct``, ``residual_rms``, ``noise``, ``autocorrelation``
            Of the estimates; of the residuals over the modulus, robustly and from point to point.
        ``misfit_rms``, ``misfit_p``
            Of the points that the Kramers-Kronig test has used: residual of either part over the
            modulus, and how often chance alone makes it that much larger than ``kk_rms``.
        ``kk_rms``, ``is_consistent``
            Of the Kramers-Kronig test, and its verdict.
        ``n_points``, ``n_outliers``, ``is_converged``
            Distinct frequencies, those that were weighted down, whether the fit settled.
        """
        return table_of(self)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Return why the arcs of each spectrum cannot be told apart; empty where they can."""
        found = enumerate(doubts(self.arcs, self.fit, self.batch))
        return tuple(
            self.refusals[row] or "; ".join(filter(None, (self.misfit.reason(row), doubt)))
            for row, doubt in found
        )

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Return all that is to be doubted in each spectrum and its fit; empty for good ones."""
        return tuple(
            "; ".join(filter(None, (self.misfit.sentence(row, self.circuit.text), before)))
            for row, before in enumerate(self.validity.sentences)
        )

    @cached_property
    def series_places(self) -> list[int]:
        """Return the places of the resistors in series among the parameters."""
        nodes = self.circuit.root.nodes
        return [n.first for n in nodes if isinstance(n, Leaf) and n.element.symbol == "R"]

    @property
    def series_ohm(self) -> Array:
        """Return the sum of the resistors in series."""
        total: Array = np.exp(self.fit.log_parameters[:, self.series_places]).sum(axis=1)
        return total

    @property
    def series_sd_ohm(self) -> Array:
        """Return the standard deviation of the resistors in series.

        Of a circuit that does not describe the spectrum, it counts how far the resistance lies
        off that of relaxations without a circuit.
        """
        places = self.series_places
        value = np.exp(self.fit.log_parameters[:, places])
        covariance = self.covariance[:, places][:, :, places]
        variance = np.einsum("ni,nij,nj->n", value, covariance, value)
        sd: Array = np.hypot(np.sqrt(variance), self._off_ohm[1])
        return sd

    @property
    def total_sd_ohm(self) -> Array:
        """Return the standard deviation of the sum of all arcs, which counts the same."""
        sd: Array = np.hypot(self.arcs.total_sd_ohm, self._off_ohm[0])
        return sd

    @cached_property
    def _off_ohm(self) -> list[Array]:
        """Return how far arcs and series lie off those without a circuit; 0 if it describes."""
        is_missed = self.misfit.is_missed
        if not is_missed.any():
            return [np.zeros(len(self.spectra))] * 2
        free = self.validity.found.relaxations
        found = off_without_circuit(free, self.arcs.total_ohm, self.series_ohm)
        return [np.where(is_missed, off_ohm, 0.0) for off_ohm in found]

    def scale(self, impedance_power: int) -> Array:
        """Return what turns a parameter of the cell into one of an interface's unit area."""
        if self.area_cm2 is None:
            return np.ones(len(self.spectra))
        scale: Array = (self.area_cm2 / self.n_interfaces) ** float(impedance_power)
        return scale


def fit_spectra(
    spectra: Sequence[Spectrum] | Validity,
    circuit: str = PAPERS_CIRCUIT,
    area_cm2: float | Sequence[float] | None = None,
    n_interfaces: int = 1,
) -> SpectraFit:
    """Return the fit of a circuit to spectra, without a guess.

    Parameters
    ----------
    spectra : sequence of Spectrum, or Validity
        Any lengths, any order of frequency. A thousand take about a second. Validity where they
        were looked at already.
    circuit : str
        In impedance.py's grammar, or a name out of ``NAMED_CIRCUITS``. An inductance in series
        is always fitted too.
    area_cm2 : float, or one for each spectrum, or None
        Without it results are of the whole cell, in ohm.
    n_interfaces : int
        Like interfaces in series, 2 in a symmetric cell; a spectrum's own number goes before.

    Returns
    -------
    SpectraFit
        A spectrum of which a fit would be meaningless, with too few frequencies, two sweeps in
        one or a wrong column, has nan and its reason in the table; see ``spectra_doubts``.

    Raises
    ------
    InvalidSetting
        If the circuit cannot be read or has no arc, or an area is not positive.

    Examples
    --------
    >>> frequency_Hz = np.logspace(6, -1, 50)
    >>> s = 2j * np.pi * frequency_Hz
    >>> arcs_ohm = 4 + 60 / (1 + 60 * 1e-6 * s) + 90 / (1 + 90 * 1e-4 * s)
    >>> fit = fit_spectra([Spectrum(frequency_Hz, arcs_ohm)], "R0-p(R1,C1)-p(R2,C2)")
    >>> fit.table[["R_s_ohm", "R_SEI_ohm", "R_ct_ohm"]].round(3).iloc[0].tolist()
    [4.0, 60.0, 90.0]
    """
    fitted = with_inductance(circuit_of(circuit))
    if not arcs_of(fitted):
        raise InvalidSetting(
            f"Circuit '{circuit}' has no arc, a resistor beside a capacitor or CPE; "
            f"write one, such as p(R1,CPE1)."
        )
    areas_cm2 = _areas(area_cm2, len(spectra))
    validity = validity_of(spectra, None if areas_cm2 is None else areas_cm2.tolist())
    found = _fit_where(validity.batch, fitted, validity.is_sound)
    misfit = misfit_of(found, validity.found.relaxations)
    return SpectraFit(
        validity,
        widened(found, misfit),
        misfit,
        areas_cm2,
        np.array([each.n_interfaces or n_interfaces for each in validity.spectra], dtype=float),
    )


def _areas(area_cm2: float | Sequence[float] | None, n_spectra: int) -> Array | None:
    if area_cm2 is None:
        return None
    areas: Array = np.broadcast_to(np.asarray(area_cm2, dtype=float), (n_spectra,)).copy()
    if not np.all((areas > 0) & np.isfinite(areas)):
        raise InvalidSetting(f"Areas must be positive, got {area_cm2} cm2.")
    return areas


def _fit_where(batch: Batch, circuit: Circuit, is_fit: np.typing.NDArray[np.bool_]) -> BatchFit:
    """Return the fit of some spectra of a batch, nan for the others."""
    rows = np.flatnonzero(is_fit)
    part = fit_batch(batch.take(rows), circuit)
    if rows.size == len(batch):
        return part
    whole = {}
    for field in fields(BatchFit)[1:]:
        value = getattr(part, field.name)
        empty = np.full((len(batch), *value.shape[1:]), False if value.dtype == bool else np.nan)
        whole[field.name] = empty.astype(value.dtype)
        whole[field.name][rows] = value
    return BatchFit(circuit, **whole)
