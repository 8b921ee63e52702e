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
    area_cm2 : float array of shape (n_spectra,) or None
    n_interfaces : int array of shape (n_spectra,)
    """

    validity: Validity
    fit: BatchFit
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
        ``is_fitted``, ``doubts``
            Whether there was a fit at all, and what was doubted in the spectrum before.
        ``correlation_R_SEI_R_ct``, ``residual_rms``, ``noise``, ``autocorrelation``
            Of the estimates; of the residuals over the modulus, robustly and from point to point.
        ``kk_rms``, ``is_consistent``
            Of the Kramers-Kronig test, and its verdict.
        ``n_points``, ``n_outliers``, ``is_converged``
            Distinct frequencies, those that were weighted down, whether the fit settled.
        """
        columns = self._resistances() | self._other_parameters() | self._quality()
        return pd.DataFrame(columns)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Return why the arcs of each spectrum cannot be told apart; empty where they can."""
        found = doubts(self.arcs, self.fit, self.batch)
        return tuple(a or b for a, b in zip(self.refusals, found, strict=True))

    def _resistances(self) -> dict[str, Array]:
        unit = "ohm" if self.area_cm2 is None else "ohm_cm2"
        arcs, scale, found = self.arcs, self._scale(1), {}
        for value, sd, name, factor in (
            (*self._series_ohm(), "R_s", self._cell_scale()),
            *(
                (arcs.resistance_ohm[:, i], arcs.log_resistance_sd[:, i], f"R_{name}", scale)
                for i, name in enumerate(arcs.names)
            ),
            (arcs.total_ohm, arcs.total_sd_ohm / arcs.total_ohm, "R_int", scale),
        ):
            found[f"{name}_{unit}"] = value * factor
            found[f"{name}_{unit}_sd"] = value * factor * sd
        for i, name in enumerate(arcs.names):
            found[f"f_{name}_Hz"] = arcs.frequency_Hz[:, i]
            found[f"f_{name}_Hz_sd"] = arcs.frequency_Hz[:, i] * arcs.log_frequency_sd[:, i]
        return found

    def _series_ohm(self) -> tuple[Array, Array]:
        """Return the sum of resistors in series and its relative standard deviation."""
        places = self._series_places()
        value = np.exp(self.fit.log_parameters[:, places])
        covariance = self.covariance[:, places][:, :, places]
        total = value.sum(axis=1)
        variance = np.einsum("ni,nij,nj->n", value, covariance, value)
        return total, np.sqrt(variance) / np.where(total > 0, total, 1.0)

    def _series_places(self) -> list[int]:
        nodes = self.circuit.root.nodes
        return [n.first for n in nodes if isinstance(n, Leaf) and n.element.symbol == "R"]

    def _other_parameters(self) -> dict[str, Array]:
        named = {*self._series_places(), *(arc.resistor for arc in arcs_of(self.circuit))}
        found = {}
        for place, (name, fact) in enumerate(zip(self.parameters, self.circuit.facts, strict=True)):
            if place in named:
                continue
            has_area = self.area_cm2 is not None and bool(fact.area_suffix)
            suffix = fact.area_suffix if has_area else fact.suffix
            column = f"{name}_{suffix}" if suffix else name
            scale = self._scale(fact.impedance_power) if has_area else 1.0
            value = np.exp(self.fit.log_parameters[:, place]) * scale
            found[column] = value
            found[f"{column}_sd"] = value * np.sqrt(self.covariance[:, place, place])
        return found

    def _scale(self, impedance_power: int) -> Array:
        """Return what turns a parameter of the cell into one of an interface's unit area."""
        if self.area_cm2 is None:
            return np.ones(len(self.spectra))
        scale: Array = (self.area_cm2 / self.n_interfaces) ** float(impedance_power)
        return scale

    def _cell_scale(self) -> Array:
        return np.ones(len(self.spectra)) if self.area_cm2 is None else self.area_cm2

    def _quality(self) -> dict[str, object]:
        fit, reasons, verdicts = self.fit, self.reasons, self.validity.found.table
        size = np.abs(fit.residuals) ** 2
        n_points = self.batch.n_points
        return {
            "identifiable": [not reason for reason in reasons],
            "reason": list(reasons),
            "is_fitted": self.validity.is_sound,
            "doubts": list(self.validity.sentences),
            "correlation_R_SEI_R_ct": self.arcs.correlation,
            "residual_rms": np.sqrt(size.sum(axis=1) / np.maximum(n_points, 1)),
            "noise": fit.noise,
            "autocorrelation": fit.autocorrelation,
            "kk_rms": verdicts["kk_rms"].to_numpy(),
            "is_consistent": verdicts["is_consistent"].to_numpy(dtype=bool),
            "n_points": n_points,
            "n_outliers": np.count_nonzero((fit.weight < 0.5) & self.batch.is_measured, axis=1),
            "is_converged": fit.is_converged,
        }


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
    return SpectraFit(
        validity,
        _fit_where(validity.batch, fitted, validity.is_sound),
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
