"""Fits of one cell's spectra over cycles or time: each leans on its neighbours where it must.

All spectra are fitted together as one path, whose steps from spectrum to spectrum are learnt from
the series. Where a spectrum tells its own arcs apart it hardly moves; where it does not, its
neighbours do, and arcs do not trade places.
"""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from features.impedance.batch_fit import VAGUE, BatchFit
from features.impedance.chains import anchors_of, chains
from features.impedance.elements import Array
from features.impedance.fit import PAPERS_CIRCUIT, SpectraFit, fit_spectra
from features.impedance.joint_fit import Path, joint_fit
from features.impedance.problem import Problem
from features.impedance.robust import autocorrelation, noise_of
from features.impedance.series_fit import SeriesFit, known
from features.impedance.series_problem import Scales, series_problem
from features.impedance.verdicts import Validity, validity_of
from features.impedance.walk import Walk, gaps, usual_steps
from features.records import Spectrum

IntArray = NDArray[np.intp]

#: Parts of a series, out of the best known spectrum of each of which a chain is grown.
N_ANCHORS = 3


def fit_series(
    spectra: Sequence[Spectrum] | Validity,
    circuit: str = PAPERS_CIRCUIT,
    area_cm2: float | None = None,
    n_interfaces: int = 1,
) -> SeriesFit:
    """Return the joint fit of a circuit to one cell's spectra, without a guess.

    Parameters
    ----------
    spectra : sequence of Spectrum, or Validity
        Of one cell, in any order: they are sorted by cycle where all state one, else by time,
        else taken as they come. Thirty take about a tenth of a second.
    circuit : str
        In impedance.py's grammar, or a name out of ``NAMED_CIRCUITS``.
    area_cm2 : float or None
        Without it results are of the whole cell, in ohm.
    n_interfaces : int
        Like interfaces in series, 2 in a symmetric cell; a spectrum's own number goes before.

    Returns
    -------
    SeriesFit
        ``table`` in the order of the series, ``growth``, and ``single``, the fits of each
        spectrum by itself.

    Raises
    ------
    InvalidSetting
        If the circuit cannot be read or has no arc, or the area is not positive.

    Notes
    -----
    Every coordinate of the circuit walks from spectrum to spectrum at a steady pace with random
    steps, whose sizes are learnt by expectation-maximisation. The path is the best of several,
    grown out of the best known spectrum of each third of the series and from the single fits.
    A spectrum that refutes the circuit takes no part: its fit is that of the spectrum by itself.
    """
    validity = validity_of(spectra, area_cm2)
    position = _position(validity.spectra)
    order = np.argsort(position, kind="stable")
    single = fit_spectra(validity.take(order), circuit, area_cm2, n_interfaces)
    # A circuit's parameters of a spectrum that refutes it are none of the cell's.
    rows = np.flatnonzero(single.validity.is_sound & ~single.misfit.is_missed)
    own = {field.name: getattr(single, field.name) for field in fields(SpectraFit)}
    if rows.size < 2:
        return SeriesFit(**own, single=single, rows=rows, path=None)
    problem, scales = series_problem(single.batch.take(rows), single.circuit)
    path = _path(problem, scales, single, rows, gaps(position[order][rows]))
    if path is None:
        return SeriesFit(**own, single=single, rows=rows, path=None)
    own["fit"] = _as_fit(single.fit, path, problem, scales, rows)
    return SeriesFit(**own, single=single, rows=rows, path=path)


def _position(spectra: Sequence[Spectrum]) -> Array:
    """Return where each spectrum stands: cycle, root of the hours at rest, or as it came."""
    cycle, time_h = known(spectra, "cycle"), known(spectra, "time_h")
    is_timed = len(spectra) > 0 and bool(np.all(time_h >= 0))
    if not np.isnan(cycle).any() and np.unique(cycle).size > 1:
        # Spectra of one cycle come after each other by their hours, too near to matter else.
        later = np.argsort(np.argsort(time_h, kind="stable")) if is_timed else np.zeros(cycle.size)
        return cycle + 1e-6 * later
    if is_timed and np.unique(time_h).size > 1:
        return np.sqrt(time_h)
    return np.arange(len(spectra), dtype=float)


def _path(
    problem: Problem, scales: Scales, single: SpectraFit, rows: IntArray, gap: Array
) -> Path | None:
    """Return the joint fit of the spectra that take part, None if its equations are singular."""
    alone = np.clip(scales.scaled(single.fit.log_parameters[rows]), problem.low, problem.high)
    expected = usual_steps(problem, alone)
    walk = Walk(expected, expected, gap)
    noise = single.fit.noise[rows]
    anchors = anchors_of(single.arcs.log_resistance_sd[rows].max(axis=1), N_ANCHORS)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        grown = chains(problem, noise, walk, anchors, alone)
        try:
            return joint_fit(problem, np.concatenate([grown, alone[None]]), walk, noise)
        except np.linalg.LinAlgError:
            return None


def _as_fit(
    single: BatchFit, path: Path, problem: Problem, scales: Scales, rows: IntArray
) -> BatchFit:
    """Return a path as the fits of a batch; drift within a sweep is not looked for."""
    log_parameters, turn = scales.natural(path.at)
    vague = np.eye(path.at.shape[1]) / VAGUE**2
    own = path.walk.joint(path.normal + vague).covariances().own
    residuals, weight = problem.residuals(path.at), path.weight
    freedom = 2 * weight.sum(axis=1) - path.at.shape[1]
    found = {
        "log_parameters": log_parameters,
        "covariance": turn @ own @ turn.transpose(0, 2, 1),
        "residuals": residuals,
        "weight": weight,
        "cost": np.sum(np.abs(residuals) ** 2 * weight, axis=1),
        "freedom": freedom,
        "noise": noise_of(residuals, weight, freedom),
        "autocorrelation": autocorrelation(residuals, weight),
        "is_converged": np.full(rows.size, path.is_converged),
        "drift": np.zeros(rows.size),
    }
    whole = {}
    for name, values in found.items():
        whole[name] = getattr(single, name).copy()
        whole[name][rows] = values
    return replace(single, **whole)
