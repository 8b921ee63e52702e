"""Spectra as sums of relaxations: RC elements on a fixed lattice, plus R, L and C in series.

Every such sum of non-negative terms obeys the Kramers-Kronig relations (Boukamp,
doi:10.1149/1.2044210), so what it cannot follow is noise, drift, or no impedance at all; its
amplitudes are a distribution of relaxation times. Terms that may be negative follow a drift too.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from features.impedance.lattice import N_SERIES, Lattice, lattice_for, time_constants_s
from features.impedance.spectra import Batch

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
Mask = NDArray[np.bool_]

#: Fewer points hardly contradict the lattice.
LEAST_POINTS = 10
#: A period of four months; nobody has waited for one.
LOWEST_FREQUENCY_Hz = 1e-7
#: A point so many deviations off its neighbours is an outlier,
OUTLIER_MULTIPLE = 6.0
#: unless more of the points are; then the whole spectrum scatters.
MOST_OUTLIERS_FRACTION = 0.1
#: and no less than this share of |Z| off them.
LEAST_OUTLIER_FRACTION = 0.01
#: Points so many deviations off the fit count half while outliers are looked for.
HALF_TRUSTED_MULTIPLE = 3.0
#: Iterations a term, and how much the amplitudes are damped where those do not suffice.
N_ITERATIONS = 3
DAMPINGS = (0.0, 1e-6, 1e-4, 1e-2)
#: Of a normal distribution: standard deviation over median absolute deviation.
MEDIAN_TO_STANDARD = 1.4826


@dataclass(frozen=True, eq=False)
class Relaxations:
    """The sums of relaxations nearest to the spectra of a batch.

    Attributes
    ----------
    batch : Batch
    lattices : tuple of Lattice or None
        None where a spectrum has too few points.
    amplitudes_ohm : tuple of float arrays
        Of the columns of the lattice; empty where there is none.
    is_outlier : bool array of shape (n_spectra, width)
        Measured, but left out of the fit.
    """

    batch: Batch
    lattices: tuple[Lattice | None, ...]
    amplitudes_ohm: tuple[Array, ...]
    is_outlier: Mask

    @cached_property
    def is_kept(self) -> Mask:
        """Return which points the fit has used."""
        return np.asarray(self.batch.is_measured & ~self.is_outlier)

    @property
    def is_judged(self) -> Mask:
        """Return which spectra have points enough for a fit."""
        return np.array([lattice is not None for lattice in self.lattices], dtype=bool)

    @property
    def n_terms(self) -> NDArray[np.intp]:
        """Return the number of terms that are not zero, of each spectrum."""
        return np.array([np.count_nonzero(each) for each in self.amplitudes_ohm], dtype=np.intp)

    @cached_property
    def impedance_ohm(self) -> ComplexArray:
        """Return the fitted impedance, NaN on padding and where there is no fit."""
        return self._summed(slice(None))

    @cached_property
    def arcs_ohm(self) -> ComplexArray:
        """Return the fitted impedance of the RC elements alone."""
        return self._summed(slice(None, -N_SERIES))

    @cached_property
    def residual(self) -> ComplexArray:
        """Return measured minus fitted impedance over the modulus, NaN on padding."""
        return np.asarray((self.batch.impedance_ohm - self.impedance_ohm) * self.batch.weight)

    @cached_property
    def time_constant_s(self) -> Array:
        """Return the time constants that serve any of the spectra, rising."""
        found = [lattice for lattice in self.lattices if lattice is not None]
        first = min((lattice.first for lattice in found), default=0)
        return time_constants_s(first, max((lattice.end for lattice in found), default=first))

    @cached_property
    def drt_ohm(self) -> Array:
        """Return resistances of shape (n_spectra, n_time_constants), 0 beyond the own window."""
        drt_ohm = np.zeros((len(self.batch), self.time_constant_s.size))
        origin = min((each.first for each in self.lattices if each is not None), default=0)
        for row, lattice in enumerate(self.lattices):
            if lattice is None:
                drt_ohm[row] = np.nan
            else:
                own = slice(lattice.first - origin, lattice.end - origin)
                drt_ohm[row, own] = self.amplitudes_ohm[row][:-N_SERIES]
        return drt_ohm

    @property
    def series(self) -> Array:
        """Return R in ohm, L in H and 1 / C in F-1, of shape (n_spectra, 3)."""
        series = np.full((len(self.batch), N_SERIES), np.nan)
        for row, lattice in enumerate(self.lattices):
            if lattice is not None:
                series[row] = self.amplitudes_ohm[row][-N_SERIES:] * lattice.units
        return series

    def take(self, rows: NDArray[np.intp]) -> "Relaxations":
        """Return the sums of some spectra."""
        return Relaxations(
            self.batch.take(rows),
            tuple(self.lattices[row] for row in rows),
            tuple(self.amplitudes_ohm[row] for row in rows),
            self.is_outlier[rows],
        )

    def terms(self, row: int) -> Array:
        """Return the columns of a spectrum's terms that are not zero, weighted up to 1."""
        lattice = self.lattices[row]
        if lattice is None:
            return np.empty((0, 0))
        weight = (self.batch.weight[row] * self.is_kept[row])[: lattice.n_points]
        weight = weight / weight.max()
        is_term = self.amplitudes_ohm[row] > 0
        return np.asarray(lattice.columns[:, is_term] * np.concatenate([weight, weight])[:, None])

    def _summed(self, elements: slice) -> ComplexArray:
        summed_ohm = np.full(self.batch.frequency_Hz.shape, np.nan + 0j)
        for row, lattice in enumerate(self.lattices):
            if lattice is not None:
                parts = lattice.columns[:, elements] @ self.amplitudes_ohm[row][elements]
                n_points = parts.size // 2
                summed_ohm[row, :n_points] = parts[:n_points] + 1j * parts[n_points:]
        return summed_ohm


def relaxations(batch: Batch) -> Relaxations:
    """Return the non-negative sums of relaxations nearest to the spectra of a batch.

    Modulus weights. Points far off their neighbours are left out, where they are few.

    Parameters
    ----------
    batch : Batch
    """
    lattices = tuple(_lattice_of(batch, row) for row in range(len(batch)))
    fits = Relaxations(
        batch,
        lattices,
        tuple(
            np.empty(0) if lattice is None else _amplitudes_ohm(lattice, batch, row)
            for row, lattice in enumerate(lattices)
        ),
        np.zeros(batch.weight.shape, dtype=bool),
    )
    rows = np.flatnonzero(_is_far(fits).any(axis=1))
    return _without_outliers(fits, rows) if rows.size else fits


def scatter(residual: ComplexArray, is_kept: Mask) -> Array:
    """Return how far a residual jumps from point to point, as a standard deviation of one part.

    From second differences, so that what is smooth does not count, nor a few outliers.

    Parameters
    ----------
    residual : complex array of shape (n_spectra, width)
    is_kept : bool array of shape (n_spectra, width)

    Returns
    -------
    float array of shape (n_spectra,)
        NaN where no three neighbours are kept.
    """
    steps = np.diff(residual, 2, axis=1)
    is_step = is_kept[:, 2:] & is_kept[:, 1:-1] & is_kept[:, :-2]
    sizes = np.where(is_step, np.abs([steps.real, steps.imag]), np.inf)
    median = _lower_median(np.concatenate(list(sizes), axis=1))
    return np.asarray(MEDIAN_TO_STANDARD * median / np.sqrt(1 + 4 + 1))  # of the difference


def _lower_median(values: Array) -> Array:
    """Return the median of each row's finite values, NaN where there are none."""
    n_finite = np.isfinite(values).sum(axis=1)
    middle = np.maximum((n_finite - 1) // 2, 0)
    found = np.take_along_axis(np.sort(values, axis=1), middle[:, None], axis=1)[:, 0]
    return np.where(n_finite > 0, found, np.nan)


def _lattice_of(batch: Batch, row: int) -> Lattice | None:
    measured_Hz = batch.frequency_Hz[row, batch.is_measured[row]]
    if measured_Hz.size < LEAST_POINTS or measured_Hz[-1] < LOWEST_FREQUENCY_Hz:
        return None
    return lattice_for(measured_Hz.tobytes())


def _amplitudes_ohm(lattice: Lattice, batch: Batch, row: int, trust: Array | None = None) -> Array:
    """Return the amplitudes nearest to a spectrum, points trusted from 0 to 1."""
    weight = batch.weight[row, : lattice.n_points]
    if trust is not None:
        weight = weight * trust[row, : lattice.n_points]
    seen = batch.impedance_ohm[row, : lattice.n_points] * weight
    # In units of the usual modulus, so that ohm and megohm are solved alike.
    usual = weight.mean()
    rows = lattice.columns * (np.concatenate([weight, weight]) / usual)[:, None]
    return np.asarray(_non_negative(rows, np.concatenate([seen.real, seen.imag])) / usual)


def _non_negative(rows: Array, seen: Array) -> Array:
    """Return the non-negative solution; where it is sought in circles, one nearby.

    Data without any noise leave the choice between neighbours to the last bit.
    """
    for damping in DAMPINGS:
        damped = np.concatenate([rows, damping * np.eye(rows.shape[1])]) if damping else rows
        padded = np.concatenate([seen, np.zeros(len(damped) - len(rows))])
        try:
            return np.asarray(nnls(damped, padded, maxiter=N_ITERATIONS * rows.shape[1])[0])
        except RuntimeError:  # scipy's word for too many iterations
            continue
    return np.zeros(rows.shape[1])


def _without_outliers(fits: Relaxations, rows: NDArray[np.intp]) -> Relaxations:
    """Return the fits, those of some rows anew without the outliers found on the way.

    An outlier bends the fit around it, so that its neighbours look like some too: first all far
    points lose trust, then only those are left out that are far still.
    """
    robust = _refitted(fits, rows, _trust(fits))
    is_outlier = np.zeros_like(fits.is_outlier)
    is_outlier[rows] = _is_far(robust)[rows]
    is_outlier[is_outlier.sum(axis=1) > MOST_OUTLIERS_FRACTION * fits.batch.n_points] = False
    kept = replace(fits, is_outlier=is_outlier)
    return _refitted(kept, np.flatnonzero(is_outlier.any(axis=1)), (~is_outlier).astype(float))


def _refitted(fits: Relaxations, rows: NDArray[np.intp], trust: Array) -> Relaxations:
    amplitudes = list(fits.amplitudes_ohm)
    for row in rows.tolist():
        lattice = fits.lattices[row]
        if lattice is not None:
            amplitudes[row] = _amplitudes_ohm(lattice, fits.batch, row, trust)
    return replace(fits, amplitudes_ohm=tuple(amplitudes))


def _trust(fits: Relaxations) -> Array:
    """Return how far each point counts: half at `HALF_TRUSTED_MULTIPLE` deviations (Cauchy)."""
    limit = HALF_TRUSTED_MULTIPLE * scatter(fits.residual, fits.batch.is_measured)
    relative = np.abs(np.nan_to_num(fits.residual)) / np.where(limit > 0, limit, 1.0)[:, None]
    return np.asarray(1 / np.sqrt(1 + relative**2))


def _is_far(fits: Relaxations) -> Mask:
    """Return the points whose residual lies off the median of their neighbours'."""
    residual = fits.residual
    limit = OUTLIER_MULTIPLE * scatter(residual, fits.batch.is_measured)
    edges = np.pad(np.nan_to_num(residual), ((0, 0), (2, 2)), mode="edge")
    width = residual.shape[1]
    windows = np.stack([edges[:, shift : shift + width] for shift in range(5)])
    middle = np.median(windows.real, axis=0) + 1j * np.median(windows.imag, axis=0)
    is_far = np.abs(residual - middle) > np.maximum(limit, LEAST_OUTLIER_FRACTION)[:, None]
    return np.asarray(is_far & fits.batch.is_measured)
