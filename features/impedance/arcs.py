"""Arcs of fitted spectra: named by frequency, with confidence, and when they cannot be told apart.

The fastest arc is that of the SEI, the next is charge transfer, whatever their place in the
circuit's text; further ones are numbered. An only arc bears no name but ``arc1``.
"""

from dataclasses import dataclass

import numpy as np

from features.impedance.batch_fit import BatchFit
from features.impedance.coordinates import arcs_of
from features.impedance.elements import Array
from features.impedance.spectra import Batch

#: Twice the standard error of a resistance may be this share of it.
LEVEL_FRACTION = 0.10
#: Beyond a factor of this logarithm nothing is known; the number itself would overflow.
MOST_LOG_WIDTH = 20.0


@dataclass(frozen=True, eq=False)
class Arcs:
    """Arcs of each spectrum, from fast to slow.

    Attributes
    ----------
    names : tuple of str
        ``SEI``, ``ct``, ``3`` and on; ``arc1`` alone.
    resistance_ohm, frequency_Hz : float array of shape (n_spectra, n_arcs)
        Of the whole cell; the frequency at which an arc without diffusion peaks.
    log_resistance_sd, log_frequency_sd : float array of shape (n_spectra, n_arcs)
        Standard deviations of the natural logarithms.
    log_covariance : float array of shape (n_spectra, n_arcs, n_arcs)
        Of the logarithms of the resistances.
    """

    names: tuple[str, ...]
    resistance_ohm: Array
    frequency_Hz: Array
    log_resistance_sd: Array
    log_frequency_sd: Array
    log_covariance: Array

    @property
    def sd_ohm(self) -> Array:
        """Return the standard deviations of the resistances."""
        return self.resistance_ohm * self.log_resistance_sd

    @property
    def total_ohm(self) -> Array:
        """Return the sum of the resistances of all arcs."""
        total: Array = self.resistance_ohm.sum(axis=1)
        return total

    @property
    def total_sd_ohm(self) -> Array:
        """Return the standard deviation of the sum, which is small where arcs trade places."""
        resistance = self.resistance_ohm
        variance = resistance[:, None] @ self.log_covariance @ resistance[:, :, None]
        sd: Array = np.sqrt(np.maximum(variance[:, 0, 0], 0.0))
        return sd

    @property
    def correlation(self) -> Array:
        """Return the correlation of the two fastest arcs' resistances; nan of an only arc."""
        if len(self.names) < 2:
            return np.full(len(self.resistance_ohm), np.nan)
        sd = self.log_resistance_sd
        return self.log_covariance[:, 0, 1] / (sd[:, 0] * sd[:, 1])


def names_of(n_arcs: int) -> tuple[str, ...]:
    """Return the names of so many arcs, from fast to slow.

    Examples
    --------
    >>> names_of(3)
    ('SEI', 'ct', '3')
    """
    if n_arcs == 1:
        return ("arc1",)
    return ("SEI", "ct", *(str(number) for number in range(3, n_arcs + 1)))[:n_arcs]


def arcs_in(fit: BatchFit) -> Arcs:
    """Return the arcs of fitted spectra."""
    arcs = arcs_of(fit.circuit)
    n_spectra, n_parameters = fit.log_parameters.shape
    log_frequency = np.zeros((n_spectra, len(arcs)))
    slope = np.zeros((n_spectra, len(arcs), n_parameters))
    for column, arc in enumerate(arcs):
        log_RC = fit.log_parameters[:, arc.resistor] + fit.log_parameters[:, arc.capacitor]
        alpha = np.exp(fit.log_parameters[:, arc.alpha]) if arc.alpha is not None else 1.0
        log_frequency[:, column] = -log_RC / alpha - np.log(2 * np.pi)
        slope[:, column, arc.resistor] = slope[:, column, arc.capacitor] = -1 / alpha
        if arc.alpha is not None:
            slope[:, column, arc.alpha] = log_RC / alpha
    order = np.argsort(-log_frequency, axis=1, kind="stable")
    rows = np.arange(n_spectra)[:, None]
    resistors = np.array([arc.resistor for arc in arcs], dtype=np.intp)[order]
    covariance = fit.covariance[rows[:, :, None], resistors[:, :, None], resistors[:, None, :]]
    spread = np.einsum("nai,nij,naj->na", slope, fit.covariance, slope)
    return Arcs(
        names_of(len(arcs)),
        np.exp(fit.log_parameters[rows, resistors]),
        np.exp(log_frequency[rows, order]),
        np.sqrt(np.einsum("nii->ni", covariance)),
        np.sqrt(np.maximum(spread, 0.0))[rows, order],
        covariance,
    )


def doubts(arcs: Arcs, fit: BatchFit, batch: Batch, level: float = LEVEL_FRACTION) -> list[str]:
    """Return why the arcs of each spectrum cannot be told apart; empty where they can."""
    highest_Hz, lowest_Hz = batch.frequency_Hz[:, 0], batch.frequency_Hz[:, -1]
    found = []
    for row in range(len(batch)):
        reasons = [] if fit.is_converged[row] else ["the fit has not settled"]
        for column, name in enumerate(arcs.names):
            twice_sd = 2 * arcs.log_resistance_sd[row, column]
            apex_Hz = arcs.frequency_Hz[row, column]
            if not twice_sd <= level:
                reasons.append(f"R_{name} is known to {_percent(twice_sd)} only")
            if not lowest_Hz[row] <= apex_Hz <= highest_Hz[row]:
                reasons.append(
                    f"the arc of R_{name} peaks at {apex_Hz:.2g} Hz, outside the "
                    f"{highest_Hz[row]:.2g} to {lowest_Hz[row]:.2g} Hz measured"
                )
        found.append("; ".join(reasons))
    return found


def _percent(log_width: float) -> str:
    width = 100 * np.expm1(min(log_width, MOST_LOG_WIDTH))
    return f"{width:.0f} %" if width < 1000 else "no better than a factor of ten"
