"""Whether a circuit describes a spectrum: what its fit leaves, against what no circuit can mend.

Resistors, capacitors and diffusion, however they are joined, are sums of relaxations, and the
Kramers-Kronig test fits those without a circuit. What it leaves is noise, or no impedance that
stood still. A circuit that leaves more than that, more than chance explains, and the same at
neighbouring frequencies, is another one than the spectrum's.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, ndtr

from features.impedance.batch_fit import BatchFit
from features.impedance.elements import Array, ComplexArray
from features.impedance.relaxations import Relaxations

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.intp]

#: Either test blames a circuit that is right for one spectrum in so many; both have to.
ONE_IN = 1000
#: Of one part of a point, over the modulus. Soldered circuits of a resistor and a capacitor, of the
#: instrument files of impedance.py, are measured up to 0.32 % off their own circuit: leads and
#: instruments are no truer.
LEAST_MISS_FRACTION = 0.005
#: The lattice of relaxations is no finer.
LEAST_NOISE_FRACTION = 5e-4
#: Powers of the modulus that noise over the modulus goes with, of one amplitude to proportional.
NOISE_POWERS = (-1.0, 0.0)


@dataclass(frozen=True, eq=False)
class Misfit:
    """How far the fits of a circuit lie off their spectra, beyond what no circuit can mend.

    Attributes
    ----------
    residual_rms, kk_rms : float array of shape (n_spectra,)
        Root mean square of either part of a point over the modulus: of the circuit, and of the
        relaxations without one. Points that those leave out as outliers count in neither.
    p_value : float array of shape (n_spectra,)
        How often chance alone would make the circuit that much worse, at most.
    autocorrelation : float array of shape (n_spectra,)
        Of the circuit's residual at neighbouring frequencies; noise has none.
    p_alike : float array of shape (n_spectra,)
        How often chance alone would make neighbours that much alike.
    excess : float array of shape (n_spectra,)
        The residual over the noise that the fit has stated, which trusts far points less.
    is_missed : bool array of shape (n_spectra,)
        Whether the circuit is refuted.

    Notes
    -----
    The levels hold for noise proportional to the modulus, where 1 of 1800 circuits that are right
    is refuted. Noise of one amplitude at all frequencies refutes more: 0.8 % of them where it is
    0.1 % of the mean modulus, 1.5 % where it is 0.5 %.
    """

    residual_rms: Array
    kk_rms: Array
    p_value: Array
    autocorrelation: Array
    p_alike: Array
    excess: Array
    is_missed: BoolArray

    def reason(self, row: int) -> str:
        """Return why the parameters of a fit are none of the cell's; empty for a good one."""
        if not self.is_missed[row]:
            return ""
        return f"the circuit does not describe the spectrum ({self._distances(row)})"

    def sentence(self, row: int, circuit: str) -> str:
        """Return what speaks against a circuit; empty for a good one."""
        if not self.is_missed[row]:
            return ""
        return (
            f"{circuit} does not describe the spectrum: {self._distances(row)}, and in runs "
            f"(neighbours correlate by {self.autocorrelation[row]:.2f}), which chance does in less "
            f"than one of {ONE_IN} spectra if noise is proportional to |Z|"
        )

    def _distances(self, row: int) -> str:
        return (
            f"it lies {self.residual_rms[row]:.2%} of |Z| off the points, the Kramers-Kronig test "
            f"{self.kk_rms[row]:.2%}"
        )


def misfit_of(fit: BatchFit, free: Relaxations) -> Misfit:
    """Return how far the fits of a circuit lie off the spectra that relaxations were fitted to.

    Parameters
    ----------
    fit : BatchFit
        nan where a spectrum was refused; such a row is not missed.
    free : Relaxations
        Of the same spectra in the same order.

    Notes
    -----
    Two tests, at one in 1000 each. The lack of fit: the circuit's sum of squares beyond that of
    the q relaxations, over q, against theirs over the 2 n - q values left, by the F distribution.
    All q count, not those beyond the circuit's own parameters: then it holds whichever of the
    curves that q relaxations can draw is the circuit's (Scheffé, doi:10.1093/biomet/40.1-2.87).
    And the runs: the correlation of neighbouring residuals, which is normal of variance 1 / 2 n
    for noise (after Durbin and Watson, doi:10.2307/2332391). Beyond both, the circuit has to lie
    further off than instruments do.

    Noise is taken as proportional to the modulus, as in the fit, and as the power of it that the
    relaxations leave; the likelier chance counts. The second alone would blame a fit that has
    followed the noisy points.
    """
    left: ComplexArray = np.where(free.is_kept, fit.residuals, 0)
    left_free: ComplexArray = np.where(free.is_kept, free.residual, 0)
    n_values = 2.0 * free.is_kept.sum(axis=1)
    n_own = len(fit.circuit.parameters) + (fit.drift != 0)
    n_free = np.maximum(free.n_terms, 1)
    own, other = _sum_of_squares(left), _sum_of_squares(left_free)
    own_variance = own / np.maximum(n_values - n_own, 1)
    variance = other / np.maximum(n_values - n_free, 1)
    shape = _noise_shape(free)
    even, even_free = left / shape, left_free / shape
    p_value = np.maximum(
        _lack_of_fit(left, left_free, n_values, n_free),
        _lack_of_fit(even, even_free, n_values, n_free),
    )
    p_alike = ndtr(-np.minimum(_alike(left), _alike(even)) * np.sqrt(n_values))
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.sqrt(own_variance) / np.where(fit.noise > 0, fit.noise, np.nan)
    is_missed = (p_value < 1 / ONE_IN) & (p_alike < 1 / ONE_IN) & free.is_judged
    is_missed &= own_variance - variance > LEAST_MISS_FRACTION**2
    return Misfit(
        np.sqrt(own / np.maximum(n_values, 1)),
        np.sqrt(other / np.maximum(n_values, 1)),
        p_value,
        _alike(left),
        p_alike,
        excess,
        is_missed,
    )


def widened(fit: BatchFit, misfit: Misfit) -> BatchFit:
    """Return fits whose errors, where the circuit is refuted, count every point in full.

    A robust fit trusts points less that lie far off it. Where many do in a row, they are no
    outliers: the circuit cannot follow them.
    """
    factor = np.where(misfit.is_missed, np.fmax(misfit.excess, 1.0), 1.0) ** 2
    return replace(fit, covariance=fit.covariance * factor[:, None, None])


def off_without_circuit(free: Relaxations, total_ohm: Array, series_ohm: Array) -> list[Array]:
    """Return how far the sum of all arcs, and what lies in series, are off those of relaxations.

    Without a circuit the arcs are all relaxations together, or what the window shows of them:
    the farther counts. In ohm, each of shape (n_spectra,).
    """
    arcs_ohm = free.drt_ohm.sum(axis=1)
    seen_ohm = np.where(free.is_kept, free.arcs_ohm.real, np.nan)
    with np.errstate(invalid="ignore"):
        span_ohm = np.fmax.reduce(seen_ohm, axis=1) - np.fmin.reduce(seen_ohm, axis=1)
        off_ohm = np.fmax(np.abs(total_ohm - arcs_ohm), np.abs(total_ohm - span_ohm))
        return [off_ohm, np.abs(series_ohm - free.series[:, 0])]


def _noise_shape(free: Relaxations) -> Array:
    """Return noise over the modulus, point by point, but for a factor: its geometric mean is 1.

    A power of the modulus, nearest to the logarithms of the relaxations' residuals.
    """
    size = np.abs(free.residual)
    is_seen = free.is_kept & (size > 0)
    log_size = _centred(np.log(np.where(is_seen, size, 1.0)), is_seen)
    log_modulus = _centred(-np.log(np.where(is_seen, free.batch.weight, 1.0)), is_seen)
    spread = np.sum(log_modulus**2, axis=1)
    slope = np.sum(log_modulus * log_size, axis=1) / np.where(spread > 0, spread, 1.0)
    shape: Array = np.exp(np.clip(slope, *NOISE_POWERS)[:, None] * log_modulus)
    return shape


def _centred(values: Array, is_seen: BoolArray) -> Array:
    """Return values less their mean in each row, 0 where none is seen."""
    mean = np.sum(values * is_seen, axis=1) / np.maximum(is_seen.sum(axis=1), 1)
    found: Array = np.where(is_seen, values - mean[:, None], 0.0)
    return found


def _sum_of_squares(left: ComplexArray) -> Array:
    found: Array = np.sum(left.real**2 + left.imag**2, axis=1)
    return found


def _lack_of_fit(
    left: ComplexArray, left_free: ComplexArray, n_values: Array, n_free: IntArray
) -> Array:
    """Return how often chance makes a circuit that much worse than so many relaxations."""
    own, other = _sum_of_squares(left), _sum_of_squares(left_free)
    n_left = np.maximum(n_values - n_free, 1)
    noise = np.maximum(other / n_left, LEAST_NOISE_FRACTION**2)
    with np.errstate(invalid="ignore"):
        found: Array = fdtrc(n_free, n_left, np.maximum(own - other, 0) / n_free / noise)
    return found


def _alike(left: ComplexArray) -> Array:
    """Return the correlation of residuals next to each other."""
    before, after = left[:, :-1], left[:, 1:]
    products = np.sum(before.real * after.real + before.imag * after.imag, axis=1)
    own = _sum_of_squares(left)
    found: Array = products / np.where(own > 0, own, 1.0)
    return found
