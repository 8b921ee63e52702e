"""The Kramers-Kronig test: whether one impedance that stood still can have given a spectrum.

Beside the residual, drift is looked for by itself: were the arcs to grow or shrink while the
sweep went on, the residual would follow their impedance times the place in the sweep, or times
the time passed. That is seen long before the residual as a whole stands out of the noise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.impedance.relaxations import (
    LEAST_POINTS,
    LOWEST_FREQUENCY_Hz,
    Relaxations,
    relaxations,
    scatter,
)
from features.impedance.spectra import Batch, batch_of
from features.records import Spectrum

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: A residual of more is no impedance that stood still, whatever the noise.
HIGHEST_RMS_FRACTION = 0.03
#: A drift is told from this many standard deviations on, if the arcs moved by so much.
LEAST_STATISTIC = 4.0
LEAST_DRIFT_FRACTION = 0.02
#: No instrument is truer; below it the lattice's own error would look like drift.
LEAST_NOISE_FRACTION = 5e-4
#: Keeps terms that are nearly alike apart.
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Drift:
    """Change of the arcs during the sweep that explains most of each residual.

    Attributes
    ----------
    fraction : float array of shape (n_spectra,)
        From the highest frequency to the lowest, of the mean of both; the sign holds for a sweep
        in this order.
    statistic : float array of shape (n_spectra,)
        Its size over its standard deviation.
    """

    fraction: Array
    statistic: Array


@dataclass(frozen=True, eq=False)
class KramersKronig:
    """What the test has found, spectra in the order given, points from high to low frequency.

    Attributes
    ----------
    relaxations : Relaxations
        The nearest impedance that obeys the relations.
    drift : Drift
    """

    relaxations: Relaxations
    drift: Drift

    @property
    def impedance_ohm(self) -> ComplexArray:
        """Return the consistent impedance, of shape (n_spectra, width), NaN on padding."""
        return self.relaxations.impedance_ohm

    @property
    def residual(self) -> ComplexArray:
        """Return measured minus consistent impedance over the modulus, NaN on padding."""
        return self.relaxations.residual

    @property
    def time_constant_s(self) -> Array:
        """Return the time constants of the distribution, rising."""
        return self.relaxations.time_constant_s

    @property
    def drt(self) -> Array:
        """Return the distribution of relaxation times in ohm, (n_spectra, n_time_constants)."""
        return self.relaxations.drt_ohm

    def take(self, rows: NDArray[np.intp]) -> "KramersKronig":
        """Return what was found of some spectra."""
        drift = Drift(self.drift.fraction[rows], self.drift.statistic[rows])
        return KramersKronig(self.relaxations.take(rows), drift)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return the findings, one row a spectrum.

        ``kk_rms``, ``kk_max``
            Residual over the modulus: root mean square of its parts without outliers, and the
            farthest point.
        ``kk_autocorrelation``
            Of the residual, from point to point: near 0 for noise, 1 for a smooth misfit.
        ``kk_statistic``, ``drift_fraction``
            Change of the arcs during the sweep, over its standard deviation and over the arcs.
        ``noise``
            Scatter of one part from point to point, over the modulus.
        ``n_outliers``
            Points left out.
        ``is_consistent``, ``reason``
            The verdict, and what speaks against the spectrum.
        """
        residual, is_kept = self.residual, self.relaxations.is_kept
        size = np.abs(residual)
        findings = {
            "kk_rms": _root_mean_square(size, is_kept),
            "kk_max": np.max(np.nan_to_num(size), axis=1, initial=0.0),
            "kk_autocorrelation": _autocorrelation(residual, is_kept),
            "kk_statistic": self.drift.statistic,
            "drift_fraction": self.drift.fraction,
            "noise": scatter(residual, is_kept),
        }
        is_judged = self.relaxations.is_judged
        known = {name: np.where(is_judged, of, np.nan) for name, of in findings.items()}
        reasons = _reasons(self.relaxations, known)
        return pd.DataFrame(
            known
            | {
                "n_outliers": self.relaxations.is_outlier.sum(axis=1),
                "is_consistent": [not reason for reason in reasons],
                "reason": reasons,
            }
        )


def kramers_kronig(spectra: Sequence[Spectrum]) -> KramersKronig:
    """Return how well spectra obey the Kramers-Kronig relations.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Any lengths, any order of frequency. Fewer than ten frequencies cannot be judged: such
        a spectrum is not consistent, with that as its reason.

    Examples
    --------
    >>> frequency_Hz = np.logspace(5, -1, 50)
    >>> arc_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * frequency_Hz)
    >>> found = kramers_kronig([Spectrum(frequency_Hz, arc_ohm)])
    >>> bool(found.table["is_consistent"].all())
    True
    """
    return kramers_kronig_of(batch_of(spectra))


def kramers_kronig_of(batch: Batch) -> KramersKronig:
    """Return the same of spectra that stand side by side already."""
    fits = relaxations(batch)
    return KramersKronig(fits, _drift(fits))


def _drift(fits: Relaxations) -> Drift:
    seen = _parts(fits, fits.batch.impedance_ohm - fits.impedance_ohm)
    moves = [_parts(fits, fits.arcs_ohm * place) for place in _places(fits.batch)]
    changes = _beyond(fits, np.array(moves))
    lengths = np.sqrt(np.sum(changes**2, axis=(2, 3)))
    explained = np.sum(changes * seen, axis=(2, 3)) / np.where(lengths > 0, lengths, 1.0)
    best = np.argmax(np.abs(explained), axis=0)[None]
    explained, lengths = (np.take_along_axis(of, best, 0)[0] for of in (explained, lengths))
    n_free = 2 * fits.is_kept.sum(axis=1) - fits.n_terms - 1
    rest = np.maximum(np.sum(seen**2, axis=(1, 2)) - explained**2, 0.0)
    noise = np.maximum(np.sqrt(rest / np.maximum(n_free, 1)), LEAST_NOISE_FRACTION)
    unknown = np.where(fits.is_judged, 0.0, np.nan)
    return Drift(
        explained / np.where(lengths > 0, lengths, 1.0) + unknown,
        np.abs(explained) / noise + unknown,
    )


def _beyond(fits: Relaxations, changes: Array) -> Array:
    """Return what no relaxation can follow of changes, (n_changes, n_spectra, 2, width)."""
    left = changes.copy()
    for row in np.flatnonzero(fits.n_terms).tolist():
        terms = fits.terms(row)
        own = left[:, row, :, : len(terms) // 2]
        change = own.reshape(len(own), -1)
        inner = terms.T @ terms
        inner.flat[:: len(inner) + 1] *= 1 + ROUNDING
        followed = np.linalg.solve(inner, terms.T @ change.T).T @ terms.T
        own -= followed.reshape(own.shape)
    return left


def _places(batch: Batch) -> list[Array]:
    """Return the place of each point in the sweep, -1/2 to 1/2: by number, and by time.

    A point takes about as long as a period of its frequency.
    """
    period_s = batch.is_measured / np.maximum(batch.frequency_Hz, LOWEST_FREQUENCY_Hz)
    return [_centred(np.cumsum(each, axis=1)) for each in (batch.is_measured * 1.0, period_s)]


def _centred(rising: Array) -> Array:
    first, last = rising[:, :1], rising[:, -1:]
    return np.asarray((rising - first) / np.where(last > first, last - first, 1.0) - 0.5, float)


def _parts(fits: Relaxations, impedance_ohm: ComplexArray) -> Array:
    """Return weighted real and imaginary parts, (n_spectra, 2, width), 0 where not kept."""
    weighted = np.where(fits.is_kept, impedance_ohm * fits.batch.weight, 0)
    return np.asarray(np.nan_to_num(np.stack([weighted.real, weighted.imag], axis=1)))


def _root_mean_square(size: Array, is_kept: NDArray[np.bool_]) -> Array:
    total = np.sum(np.where(is_kept, size, 0) ** 2, axis=1)
    return np.asarray(np.sqrt(total / np.maximum(2 * is_kept.sum(axis=1), 1)))


def _autocorrelation(residual: ComplexArray, is_kept: NDArray[np.bool_]) -> Array:
    kept = np.where(is_kept, residual, 0)
    together = np.sum(kept[:, 1:] * kept[:, :-1].conj(), axis=1).real
    total = np.sum(np.abs(kept) ** 2, axis=1)
    return np.asarray(together / np.where(total > 0, total, 1.0))


def _reasons(fits: Relaxations, known: Mapping[str, Array]) -> list[str]:
    """Return what speaks against each spectrum; an empty text where it is consistent."""
    columns = zip(
        fits.is_judged,
        known["kk_rms"],
        known["kk_statistic"],
        known["drift_fraction"],
        strict=True,
    )
    return [_reason(*row) for row in columns]


def _reason(is_judged: bool, rms: float, statistic: float, drift: float) -> str:
    if not is_judged:
        return (
            f"a Kramers-Kronig test needs {LEAST_POINTS} frequencies, none below "
            f"{LOWEST_FREQUENCY_Hz:g} Hz"
        )
    reasons = []
    if rms > HIGHEST_RMS_FRACTION:
        reasons.append(
            f"the points lie {rms:.1%} of |Z| off every impedance that stands still; "
            f"{HIGHEST_RMS_FRACTION:.0%} is allowed"
        )
    if statistic >= LEAST_STATISTIC and abs(drift) >= LEAST_DRIFT_FRACTION:
        reasons.append(
            f"the arcs moved by about {abs(drift):.0%} during the sweep "
            f"({statistic:.1f} standard deviations)"
        )
    return "; ".join(reasons)
