"""Growth of resistances over a series: slopes and ratios with their error, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.errors import NotMeasured
from features.impedance.elements import Array
from features.theil_sen import theil_sen_slope

#: A slope needs so many spectra, a ratio so many.
LEAST_FOR_SLOPE, LEAST_FOR_RATIO = 3, 2
#: Of a normal distribution: standard deviation over median absolute deviation.
MEDIAN_TO_STANDARD = 1.4826
#: So many spectra show how well one repeats the next.
LEAST_FOR_REPEATS = 5


@dataclass(frozen=True, eq=False)
class Course:
    """One resistance over the spectra in which it is known.

    Attributes
    ----------
    name, unit : str
    resistance : float array of shape (n_told,)
    log_covariance : float array of shape (n_told, n_told)
        Of the logarithms, from spectrum to spectrum.
    cycle, time_h : float array of shape (n_told,)
        nan where unknown.
    n_spectra : int
        All of the series.
    """

    name: str
    unit: str
    resistance: Array
    log_covariance: Array
    cycle: Array
    time_h: Array
    n_spectra: int

    def check(self, n_least: int, what: str) -> None:
        """Refuse a course of too few spectra.

        Raises
        ------
        NotMeasured
            If there are fewer than so many.
        """
        if self.resistance.size < n_least:
            raise NotMeasured(
                f"{what} of {self.name} needs {n_least} spectra in which it is known, there are "
                f"{self.resistance.size} of {self.n_spectra}"
            )


@dataclass(frozen=True)
class Estimate:
    """A number and its standard deviation."""

    value: float
    sd: float


def growth_per_cycle(course: Course) -> Estimate:
    """Return the slope of a resistance over the cycles.

    Raises
    ------
    NotMeasured
        If fewer than three spectra of different cycles know it.
    """
    course.check(LEAST_FOR_SLOPE, "growth per cycle")
    if np.isnan(course.cycle).any():
        raise NotMeasured(f"growth of {course.name} per cycle needs the cycle of every spectrum")
    if np.unique(course.cycle).size < LEAST_FOR_SLOPE:
        raise NotMeasured(
            f"growth of {course.name} per cycle needs {LEAST_FOR_SLOPE} different cycles, there "
            f"are {np.unique(course.cycle).size}"
        )
    return _slope(course, course.cycle)


def growth_per_sqrt_h(course: Course) -> Estimate:
    """Return the slope of a resistance at rest over the root of the hours since assembly.

    Raises
    ------
    NotMeasured
        If fewer than three spectra of different hours know it, or the cell was cycled.
    """
    course.check(LEAST_FOR_SLOPE, "growth at rest")
    if np.isnan(course.time_h).any():
        raise NotMeasured(f"growth of {course.name} at rest needs the hours of every spectrum")
    cycles = np.unique(course.cycle[~np.isnan(course.cycle)])
    if cycles.size > 1:
        raise NotMeasured(
            f"growth of {course.name} at rest needs a cell that rests; this one was cycled from "
            f"{cycles[0]:.0f} to {cycles[-1]:.0f}"
        )
    if np.unique(course.time_h).size < LEAST_FOR_SLOPE or np.any(course.time_h < 0):
        raise NotMeasured(
            f"growth of {course.name} at rest needs {LEAST_FOR_SLOPE} different times of 0 h or "
            f"more"
        )
    return _slope(course, np.sqrt(course.time_h))


def last_over_first(course: Course) -> Estimate:
    """Return the resistance of the last over that of the first spectrum.

    Its error is that of the fits and of the scatter from spectrum to spectrum.

    Raises
    ------
    NotMeasured
        If fewer than two spectra know it.
    """
    course.check(LEAST_FOR_RATIO, "the ratio")
    ratio = float(course.resistance[-1] / course.resistance[0])
    covariance = course.log_covariance
    variance = covariance[0, 0] + covariance[-1, -1] - 2 * covariance[0, -1]
    variance += 2 * _repeat_variance(np.log(course.resistance))
    return Estimate(ratio, ratio * float(np.sqrt(max(variance, 0.0))))


def _repeat_variance(values: Array) -> float:
    """Return how far values scatter about their neighbours, from second differences."""
    if values.size < LEAST_FOR_REPEATS:
        return 0.0
    return float((MEDIAN_TO_STANDARD * np.median(np.abs(np.diff(values, 2)))) ** 2 / 6)


def _slope(course: Course, x: Array) -> Estimate:
    """Return the weighted slope; its error is that of the fits and the scatter about the line."""
    R = course.resistance
    covariance = course.log_covariance * np.outer(R, R)
    off = R - theil_sen_slope(x, R) * x
    scatter = MEDIAN_TO_STANDARD * np.median(np.abs(off - np.median(off)))
    variance = np.diagonal(covariance) + scatter**2
    weight = 1 / np.maximum(variance, 1e-12 * np.max(R) ** 2)
    middle = np.average(x, weights=weight)
    share = weight * (x - middle)
    share /= share @ (x - middle)
    slope = float(share @ R)
    line = np.average(R, weights=weight) + slope * (x - middle)
    left = np.sum(weight * (R - line) ** 2) / np.sum(weight) * R.size / (R.size - 2)
    return Estimate(slope, float(np.sqrt(share @ covariance @ share + left * share @ share)))


def growth_table(sei: Course, ct: Course) -> pd.DataFrame:
    """Return all measures of growth, with the reason where there is none."""
    measures: dict[str, tuple[Callable[[Course], Estimate], Course]] = {
        f"R_SEI_growth_{sei.unit}_per_cycle": (growth_per_cycle, sei),
        f"R_SEI_growth_{sei.unit}_per_sqrt_h": (growth_per_sqrt_h, sei),
        "R_SEI_ratio": (last_over_first, sei),
        "R_ct_ratio": (last_over_first, ct),
    }
    return pd.DataFrame.from_dict(
        {name: _row(measure, course) for name, (measure, course) in measures.items()},
        orient="index",
        columns=["value", "sd", "reason"],
    )


def _row(measure: Callable[[Course], Estimate], course: Course) -> tuple[float, float, str]:
    try:
        found = measure(course)
    except NotMeasured as reason:
        return np.nan, np.nan, str(reason)
    return found.value, found.sd, ""
