"""The fit of many spectra by one circuit, with covariance, noise and drift of each."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from features.impedance.circuit import Circuit
from features.impedance.coordinates import Window, coordinates_of
from features.impedance.elements import Array, ComplexArray
from features.impedance.problem import Problem, problem_of
from features.impedance.robust import autocorrelation, noise_of
from features.impedance.search import Search, let_drift, search
from features.impedance.spectra import WIDTH_STEP, Batch, padded_width

BoolArray = NDArray[np.bool_]

#: Spectra that are worked on together: enough that a call costs little beside its work.
N_TOGETHER = 256
#: Standard deviation of a coordinate of which the data say nothing: a factor of 150.
VAGUE = 5.0
#: Keeps the inverse of a nearly singular matrix positive.
ROUNDING = 1e-12
#: Nobody's noise is less; of exact data everything would seem to be known.
LEAST_NOISE = 1e-12
#: Residuals that are more alike than this are no noise; that many points less count.
CHANCE_AUTOCORRELATION, MOST_AUTOCORRELATION = 0.3, 0.98
#: Resistances are let drift where that saves so many variances: one spectrum in 90 by chance.
DRIFT_STATISTIC = 6.5


@dataclass(frozen=True, eq=False)
class BatchFit:
    """Fits of a batch; the order is the batch's.

    Attributes
    ----------
    circuit : Circuit
    log_parameters : float array of shape (n_spectra, n_parameters)
        Natural logarithms of the whole cell's parameters.
    covariance : float array of shape (n_spectra, n_parameters, n_parameters)
        Of the log-parameters.
    residuals : complex array of shape (n_spectra, width)
        Fit minus measurement over the modulus; zero on padding.
    weight : float array of shape (n_spectra, width)
        1 for a point that agrees, falling to 0 for an outlier; 0 on padding.
    cost : float array of shape (n_spectra,)
        Sum of the squared residuals, reweighted.
    freedom : float array of shape (n_spectra,)
        Degrees of freedom left: twice the points that agree, less the parameters.
    noise : float array of shape (n_spectra,)
        Standard deviation of either part of a point over its modulus.
    autocorrelation : float array of shape (n_spectra,)
        Of residuals at neighbouring frequencies.
    is_converged : bool array of shape (n_spectra,)
    drift : float array of shape (n_spectra,)
        Share by which the resistances of all arcs grew from the first point to the last; 0 where
        there was no need for it. The parameters are those in the middle of the sweep.
    drift_statistic : float array of shape (n_spectra,)
        By how many variances the cost would fall if they could drift further.
    """

    circuit: Circuit
    log_parameters: Array
    covariance: Array
    residuals: ComplexArray
    weight: Array
    cost: Array
    freedom: Array
    noise: Array
    autocorrelation: Array
    is_converged: BoolArray
    drift: Array
    drift_statistic: Array


def fit_batch(batch: Batch, circuit: Circuit, starts: Array | None = None) -> BatchFit:
    """Return the fit of a circuit to each spectrum of a batch.

    Parameters
    ----------
    batch : Batch
        Every spectrum has at least one point.
    circuit : Circuit
        Fitted as it is; see ``with_inductance``.
    starts : float array of shape (n_spectra, n_starts, n_parameters), optional
        Log-parameters to start from, instead of a scan.
    """
    n_spectra, width = batch.weight.shape
    n_parameters = len(circuit.parameters)
    found = BatchFit(
        circuit,
        log_parameters=np.zeros((n_spectra, n_parameters)),
        covariance=np.zeros((n_spectra, n_parameters, n_parameters)),
        residuals=np.zeros((n_spectra, width), dtype=complex),
        weight=np.zeros((n_spectra, width)),
        cost=np.zeros(n_spectra),
        freedom=np.zeros(n_spectra),
        noise=np.zeros(n_spectra),
        autocorrelation=np.zeros(n_spectra),
        is_converged=np.zeros(n_spectra, dtype=bool),
        drift=np.zeros(n_spectra),
        drift_statistic=np.zeros(n_spectra),
    )
    for rows in _groups(batch):
        narrow = padded_width(int(batch.n_points[rows].max()))
        some = None if starts is None else starts[rows]
        part = _fit(batch.take(rows, narrow), circuit, some)
        for field in fields(BatchFit)[1:]:
            target, value = getattr(found, field.name), getattr(part, field.name)
            if target.ndim == 2 and target.shape[1] == width and field.name != "log_parameters":
                target[rows, :narrow] = value
            else:
                target[rows] = value
    return found


def _groups(batch: Batch) -> list[NDArray[np.intp]]:
    """Return rows that are fitted together: of one padded width, a cacheful at a time."""
    widths = -(-batch.n_points // WIDTH_STEP)
    groups = [np.flatnonzero(widths == width) for width in np.unique(widths)]
    return [
        group[first : first + N_TOGETHER]
        for group in groups
        for first in range(0, group.size, N_TOGETHER)
    ]


def _fit(batch: Batch, circuit: Circuit, starts: Array | None) -> BatchFit:
    problem, window = problem_of(batch, circuit)
    # A trial step may overflow; its cost is then infinite and it is refused.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return _fitted(problem, window, starts)


def _fitted(problem: Problem, window: Window, starts: Array | None) -> BatchFit:
    circuit = problem.coordinates.circuit
    result = search(problem, None if starts is None else _scaled(starts, circuit, window))
    found = _summary(result, window)
    drifting = np.flatnonzero(found.drift_statistic > DRIFT_STATISTIC)
    if drifting.size:
        _replace(found, drifting, _summary(let_drift(result.take(drifting)), window.take(drifting)))
    return found


def _replace(found: BatchFit, rows: NDArray[np.intp], other: BatchFit) -> None:
    """Put other fits of some spectra in place of theirs where they leave less noise."""
    is_better = other.noise < found.noise[rows]
    for field in fields(BatchFit)[1:]:
        getattr(found, field.name)[rows[is_better]] = getattr(other, field.name)[is_better]


def _summary(result: Search, window: Window) -> BatchFit:
    """Return what a search has found, in parameters of the whole cell."""
    problem, weight, state = result.problem, result.weight, result.state
    coordinates = problem.coordinates
    n_own = len(coordinates.circuit.parameters)
    own = coordinates.ordered(state.at[:, :n_own])
    is_still = problem.sweep is None
    drift = np.zeros((len(own), 1)) if is_still else state.at[:, n_own:]
    free = problem.drifting() if is_still else problem
    residuals, slopes = free.linearised(np.concatenate([own, drift], axis=1))
    complex_residuals = residuals.view(complex)
    freedom = 2 * weight.sum(axis=1) - state.at.shape[1]
    noise = noise_of(complex_residuals, weight, freedom)
    alike = autocorrelation(complex_residuals, weight)
    heavy = np.repeat(weight, 2, axis=1)
    normal = (slopes * heavy[:, None]) @ slopes.transpose(0, 2, 1)
    gradient = (slopes @ (residuals * heavy)[:, :, None])[:, :, 0]
    variance = np.maximum(noise, LEAST_NOISE) ** 2
    n_fitted = state.at.shape[1]
    precision = normal[:, :n_fitted, :n_fitted] / (variance * _repeats(alike))[:, None, None]
    covariance = _inverse(precision + np.eye(n_fitted) / VAGUE**2)[:, :n_own, :n_own]
    log_parameters, turn = _natural(problem, window, own)
    return BatchFit(
        coordinates.circuit,
        log_parameters,
        turn @ covariance @ turn.transpose(0, 2, 1),
        complex_residuals,
        weight,
        np.sum(residuals**2 * heavy, axis=1),
        freedom,
        noise,
        alike,
        state.is_converged,
        drift[:, 0],
        _gain_of_last(normal, gradient) / variance,
    )


def _repeats(alike: Array) -> Array:
    """Return how many neighbouring residuals say one and the same: 1 for noise."""
    rho = np.where(alike > CHANCE_AUTOCORRELATION, np.minimum(alike, MOST_AUTOCORRELATION), 0.0)
    repeats: Array = (1 + rho) / (1 - rho)
    return repeats


def _inverse(precision: Array) -> Array:
    """Return the inverse of positive matrices, however different the scales of their rows."""
    scale = 1 / np.sqrt(np.einsum("nii->ni", precision))
    outer = scale[:, :, None] * scale[:, None, :]
    even = precision * outer
    diagonal = np.einsum("nii->ni", even)
    diagonal += ROUNDING
    inverse: Array = np.linalg.inv(even) * outer
    return inverse


def _gain_of_last(normal: Array, gradient: Array) -> Array:
    """Return by how much the cost would fall, were the last coordinate free beside the others."""
    inner = normal[:, :-1, :-1].copy()
    diagonal = np.einsum("nii->ni", inner)
    diagonal *= 1 + 1e-9
    diagonal += 1e-30
    right = np.stack([normal[:, :-1, -1], gradient[:, :-1]], axis=2)
    solved = np.linalg.solve(inner, right)
    across = normal[:, :-1, -1, None]
    left = gradient[:, -1] - np.sum(across * solved[:, :, 1:], axis=(1, 2))
    power = normal[:, -1, -1] - np.sum(across * solved[:, :, :1], axis=(1, 2))
    gain: Array = left**2 / np.maximum(power, 1e-9 * normal[:, -1, -1] + 1e-300)
    return gain


def _natural(problem: Problem, window: Window, at: Array) -> tuple[Array, Array]:
    """Return log-parameters of the whole cell and their derivatives by the coordinates."""
    coordinates = problem.coordinates
    log_parameters = coordinates.log_parameters(at)
    turn = coordinates.jacobian(at)
    for place, fact in enumerate(coordinates.circuit.facts):
        log_parameters[:, place] += fact.impedance_power * window.log_modulus
        if fact.time_power is None:
            alpha = at[:, place + 1]
            turn[:, place, place + 1] -= window.log_omega
        else:
            alpha = np.full(len(at), fact.time_power)
        log_parameters[:, place] -= alpha * window.log_omega
    return log_parameters, turn


def _scaled(starts: Array, circuit: Circuit, window: Window) -> Array:
    """Return the coordinates of starts that are given as log-parameters of the whole cell."""
    _, n_starts, n_parameters = starts.shape
    log_parameters = starts.reshape(-1, n_parameters).copy()
    modulus, omega = (np.repeat(s, n_starts) for s in (window.log_modulus, window.log_omega))
    for place, fact in enumerate(circuit.facts):
        alpha = fact.time_power
        power = np.exp(log_parameters[:, place + 1]) if alpha is None else alpha
        log_parameters[:, place] += power * omega - fact.impedance_power * modulus
    found = coordinates_of(circuit).from_log_parameters(log_parameters)
    return found.reshape(starts.shape)
