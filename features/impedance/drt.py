"""Peaks of a distribution of relaxation times: how many arcs there are, how wide, how fast."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.errors import NotMeasured

Array = NDArray[np.float64]

#: A non-negative fit gathers a flat arc into a few spikes; smoothed by this standard
#: deviation they are one peak again, and arcs a decade and a half apart remain two.
SMOOTHING_DECADES = 0.3
#: A peak holds so much of the resistance, and rises over the lower of its sides by so much.
LEAST_SHARE = 0.02
LEAST_RISE = 0.1


@dataclass(frozen=True)
class Peak:
    """One process: the elements between two valleys of the distribution.

    Attributes
    ----------
    time_constant_s : float
        Geometric mean, weighted by resistance.
    resistance_ohm : float
    """

    time_constant_s: float
    resistance_ohm: float

    @property
    def apex_frequency_Hz(self) -> float:
        """Return the frequency at which the arc is highest."""
        return 1 / (2 * np.pi * self.time_constant_s)


def drt_peaks(
    time_constant_s: Array, drt_ohm: Array, window_Hz: tuple[float, float] | None = None
) -> tuple[Peak, ...]:
    """Return the peaks of a distribution of relaxation times, the fastest first.

    Parameters
    ----------
    time_constant_s : float array of shape (n_time_constants,)
        Rising, equally spaced in logarithm.
    drt_ohm : float array of shape (n_time_constants,)
        Resistance of the RC element of each time constant, none negative.
    window_Hz : (float, float), optional
        Lowest and highest frequency measured: peaks whose apex lies outside are left out.

    Raises
    ------
    NotMeasured
        If there is no distribution, because the spectrum had too few points.

    Examples
    --------
    >>> peak = drt_peaks(np.array([1e-3, 1e-2, 1e-1]), np.array([0.0, 80.0, 0.0]))[0]
    >>> round(peak.time_constant_s, 6), peak.resistance_ohm
    (0.01, 80.0)
    """
    if not np.all(np.isfinite(drt_ohm)) or not drt_ohm.size:
        raise NotMeasured("the spectrum has too few points for a distribution of relaxation times")
    log_s = np.log(time_constant_s)
    found = (
        Peak(float(np.exp(np.average(log_s[part], weights=drt_ohm[part]))), float(share))
        for part in _parts(smoothed(time_constant_s, drt_ohm))
        if (share := drt_ohm[part].sum()) > LEAST_SHARE * drt_ohm.sum()
    )
    low, high = (0.0, np.inf) if window_Hz is None else window_Hz
    return tuple(peak for peak in found if low <= peak.apex_frequency_Hz <= high)


def smoothed(time_constant_s: Array, drt_ohm: Array) -> Array:
    """Return a distribution smoothed in the logarithm of time; its sum stays."""
    decades = np.log10(time_constant_s)
    kernel = np.exp(-0.5 * ((decades - decades[:, None]) / SMOOTHING_DECADES) ** 2)
    return np.asarray((kernel / kernel.sum(axis=0)) @ drt_ohm)


def _parts(heights: Array) -> list[slice]:
    """Return the stretches between the valleys that part two peaks."""
    inner = heights[1:-1]
    valleys = (np.flatnonzero((inner < heights[:-2]) & (inner <= heights[2:])) + 1).tolist()
    parted = [valley for valley in valleys if _is_deep(heights, valley, valleys)]
    edges = [0, *parted, heights.size]
    return [slice(first, end) for first, end in pairwise(edges)]


def _is_deep(heights: Array, valley: int, valleys: list[int]) -> bool:
    """Tell whether a valley lies well below the peaks to both sides of it."""
    before = max((each for each in valleys if each < valley), default=0)
    after = min((each for each in valleys if each > valley), default=heights.size)
    lower_top = min(heights[before : valley + 1].max(), heights[valley:after].max())
    return bool(heights[valley] <= (1 - LEAST_RISE) * lower_top)
