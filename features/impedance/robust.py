"""Noise and outliers of residuals: robust scale, redescending weights, autocorrelation."""

import numpy as np
from numpy.typing import NDArray

from features.impedance.elements import Array, ComplexArray

IntArray = NDArray[np.intp]

#: The median modulus of a complex normal deviate, in standard deviations of either part.
MEDIAN_OF_MODULUS = float(np.sqrt(2 * np.log(2)))
#: A residual beyond so many standard deviations loses weight; one in ninety does by chance.
THRESHOLD = 3.0
#: Mean square of a reweighted normal deviate over its weight; by integration over |u| exp(-u^2/2).
SHRINKAGE = 0.984
#: No export carries more digits: a scale below this share of |Z| would call rounding an outlier.
LEAST_SCALE = 1e-9
#: A stray point is so many times further off than the median one; at most so many are.
STRAY, MOST_STRAY = 10.0, 5


def stray_points(log_omega: Array, impedance: ComplexArray, weight: Array) -> NDArray[np.bool_]:
    """Return which points lie far from what their neighbours on every side foretell.

    Parameters
    ----------
    log_omega : float array of shape (n_problems, width)
        Falling, constant on padding.
    impedance : complex array of shape (n_problems, width)
    weight : float array of shape (n_problems, width)
        Reciprocal of the modulus, 0 on padding.

    Notes
    -----
    A point is foretold by the line through the two before it, the two behind it, and the one
    before and the one behind; the nearest counts, so that a good neighbour of a stray point is not
    taken for one. Least squares from such points would look for arcs that are not there.
    """
    distance = np.full(weight.shape, np.inf)
    width = weight.shape[1]
    for left, right in ((-2, -1), (1, 2), (-1, 1)):
        inner = slice(max(0, -left, -right), width - max(0, left, right))
        x, x_1, x_2 = (log_omega[:, _moved(inner, by)] for by in (0, left, right))
        z, z_1, z_2 = (impedance[:, _moved(inner, by)] for by in (0, left, right))
        gap = np.where(x_2 == x_1, 1.0, x_2 - x_1)
        rise, share = z_2 - z_1, (x - x_1) / gap
        step = rise * share
        miss = np.abs(z_1 + step - z) * weight[:, inner]
        is_known = np.all([weight[:, _moved(inner, by)] > 0 for by in (left, right)], axis=0)
        nearest = distance[:, inner]
        np.minimum(nearest, np.where(is_known, miss, np.inf), out=nearest)
    is_point = weight > 0
    distance[~is_point | ~np.isfinite(distance)] = 0.0
    typical = _median_of_largest(distance, np.count_nonzero(is_point, axis=1))
    farthest = np.sort(distance, axis=1)[:, -MOST_STRAY - 1]
    limit = np.maximum(STRAY * np.maximum(typical, LEAST_SCALE), farthest)
    is_stray: NDArray[np.bool_] = distance > limit[:, None]
    return is_stray


def _moved(columns: slice, by: int) -> slice:
    return slice(columns.start + by, columns.stop + by)


def _median_of_largest(values: Array, n_values: IntArray) -> Array:
    """Return the median of the largest so many entries of each row."""
    ordered = np.sort(values, axis=1)
    n_left_out = values.shape[1] - n_values
    rows, last = np.arange(len(values)), values.shape[1] - 1
    lower, upper = n_left_out + (n_values - 1) // 2, n_left_out + n_values // 2
    middle: Array = 0.5 * (
        ordered[rows, np.clip(lower, 0, last)] + ordered[rows, np.minimum(upper, last)]
    )
    return middle


def robust_scale(residuals: ComplexArray, n_points: IntArray, n_parameters: int) -> Array:
    """Return the standard deviation of either part of the residuals, from their median.

    Parameters
    ----------
    residuals : complex array of shape (n_problems, width)
        Zero on padding.
    n_points : int array of shape (n_problems,)
    n_parameters : int
        By which the residuals are too small.
    """
    middle = _median_of_largest(np.abs(residuals), n_points)
    freedom = np.maximum(2 * n_points - n_parameters, 1)
    scale = middle / MEDIAN_OF_MODULUS * np.sqrt(2 * np.maximum(n_points, 1) / freedom)
    return np.maximum(scale, LEAST_SCALE)


def robust_weight(residuals: ComplexArray, scale: Array) -> Array:
    """Return the weight of each squared residual: 1 up to the threshold, then falling as u^-4."""
    distance = np.abs(residuals) / (THRESHOLD * scale[:, None])
    weight: Array = np.maximum(distance, 1.0) ** -4
    return weight


def robust_cost(residuals: ComplexArray, scale: Array) -> Array:
    """Return the sum of squared residuals over the scale, each cut at the threshold."""
    distance = np.abs(residuals) / scale[:, None]
    cost: Array = np.sum(np.minimum(distance, THRESHOLD) ** 2, axis=1)
    return cost


def noise_of(residuals: ComplexArray, weight: Array, freedom: Array) -> Array:
    """Return the standard deviation of either part of a point, from reweighted residuals."""
    total = np.sum(weight * (residuals.real**2 + residuals.imag**2), axis=1)
    noise: Array = np.sqrt(total / np.maximum(freedom, 1.0) / SHRINKAGE)
    return noise


def autocorrelation(residuals: ComplexArray, weight: Array) -> Array:
    """Return the correlation of residuals at neighbouring frequencies; noise has none."""
    root = np.sqrt(weight)
    scaled = residuals * root
    power = np.sum(scaled.real**2 + scaled.imag**2, axis=1)
    before, after = scaled[:, :-1], scaled[:, 1:]
    lagged = np.sum(before.real * after.real + before.imag * after.imag, axis=1)
    found: Array = lagged / np.maximum(power, 1e-300)
    return found
