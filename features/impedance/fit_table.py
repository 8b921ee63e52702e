"""The table of fitted spectra: resistances, other parameters, how good they are; one row each."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.impedance.coordinates import arcs_of
from features.impedance.elements import Array

if TYPE_CHECKING:
    from features.impedance.fit import SpectraFit


def table_of(found: "SpectraFit") -> pd.DataFrame:
    """Return one row a spectrum; see ``SpectraFit.table``."""
    return pd.DataFrame(_resistances(found) | _other_parameters(found) | _quality(found))


def _resistances(found: "SpectraFit") -> dict[str, Array]:
    unit = "ohm" if found.area_cm2 is None else "ohm_cm2"
    arcs, scale = found.arcs, found.scale(1)
    of_cell = np.ones(len(found.spectra)) if found.area_cm2 is None else found.area_cm2
    columns = {}
    for value, sd, name, factor in (
        (found.series_ohm, found.series_sd_ohm, "R_s", of_cell),
        *(
            (arcs.resistance_ohm[:, i], arcs.sd_ohm[:, i], f"R_{name}", scale)
            for i, name in enumerate(arcs.names)
        ),
        (arcs.total_ohm, found.total_sd_ohm, "R_int", scale),
    ):
        columns[f"{name}_{unit}"] = value * factor
        columns[f"{name}_{unit}_sd"] = sd * factor
    for i, name in enumerate(arcs.names):
        columns[f"f_{name}_Hz"] = arcs.frequency_Hz[:, i]
        columns[f"f_{name}_Hz_sd"] = arcs.frequency_Hz[:, i] * arcs.log_frequency_sd[:, i]
    return columns


def _other_parameters(found: "SpectraFit") -> dict[str, Array]:
    circuit = found.circuit
    named = {*found.series_places, *(arc.resistor for arc in arcs_of(circuit))}
    columns = {}
    for place, (name, fact) in enumerate(zip(found.parameters, circuit.facts, strict=True)):
        if place in named:
            continue
        has_area = found.area_cm2 is not None and bool(fact.area_suffix)
        suffix = fact.area_suffix if has_area else fact.suffix
        column = f"{name}_{suffix}" if suffix else name
        scale = found.scale(fact.impedance_power) if has_area else 1.0
        value = np.exp(found.fit.log_parameters[:, place]) * scale
        columns[column] = value
        columns[f"{column}_sd"] = value * np.sqrt(found.covariance[:, place, place])
    return columns


def _quality(found: "SpectraFit") -> dict[str, object]:
    fit, reasons, verdicts = found.fit, found.reasons, found.validity.found.table
    size = np.abs(fit.residuals) ** 2
    n_points = found.batch.n_points
    return {
        "identifiable": [not reason for reason in reasons],
        "reason": list(reasons),
        "is_fitted": found.validity.is_sound,
        "is_described": found.validity.is_sound & ~found.misfit.is_missed,
        "doubts": list(found.sentences),
        "correlation_R_SEI_R_ct": found.arcs.correlation,
        "residual_rms": np.sqrt(size.sum(axis=1) / np.maximum(n_points, 1)),
        "noise": fit.noise,
        "autocorrelation": fit.autocorrelation,
        "misfit_rms": found.misfit.residual_rms,
        "misfit_p": found.misfit.p_value,
        "kk_rms": verdicts["kk_rms"].to_numpy(),
        "is_consistent": verdicts["is_consistent"].to_numpy(dtype=bool),
        "n_points": n_points,
        "n_outliers": np.count_nonzero((fit.weight < 0.5) & found.batch.is_measured, axis=1),
        "is_converged": fit.is_converged,
    }
