"""Whether the current, integrated over time, gives the capacity that the cycler counted.

If not, a unit is wrong: mA for A, hours for seconds, mA cm-2 for mA.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.half_cycles import HalfCycles, half_cycles_of

Array = NDArray[np.float64]

#: Integral over counter, median over the half-cycles; what the current's last digit may hide
#: comes on top.
TOLERANCE = 0.02
#: Digits behind the point of an ampere that are looked at.
MOST_DIGITS = 9
N_LOOKED_AT = 2000
#: Half-cycles below this share of the largest are too short to judge.
LEAST_SHARE = 0.05
LEAST_ROWS = 5
COUNTERS = {1: "charging_capacity_ah", -1: "discharging_capacity_ah"}
#: Factors by which people are off, and what they then have sent.
KNOWN_FACTORS = {
    1000.0: "the current looks like mA sent as A; divide it by 1000",
    1e-3: "the capacity looks like mAh sent as Ah; divide it by 1000",
    1 / 3600: "the time looks like hours sent as seconds; multiply it by 3600",
    1 / 60: "the time looks like minutes sent as seconds; multiply it by 60",
    3600.0: "the capacity looks like Ah over 3600; check the unit of time and capacity",
}


@dataclass(frozen=True)
class ChargeCheck:
    """Integral of the current over the counted capacity.

    Attributes
    ----------
    ratio : float
        Median over the half-cycles; 1 is right.
    tolerance : float
        How far the ratio may be from 1: 2 %, and half the last digit of the current.
    n_judged : int
        Half-cycles compared.
    """

    ratio: float
    tolerance: float
    n_judged: int

    @property
    def is_right(self) -> bool:
        """Tell whether current, time and capacity agree."""
        return abs(self.ratio - 1) <= self.tolerance

    @property
    def hint(self) -> str:
        """Return which unit is probably wrong, and the way out."""
        for factor, hint in KNOWN_FACTORS.items():
            if abs(self.ratio / factor - 1) <= 2 * TOLERANCE:
                return hint
        return "one of current, time and capacity has another unit, or rows are missing"


def charge_check(cycling: pd.DataFrame) -> ChargeCheck | None:
    """Return how current and capacity counters agree; None where they cannot be compared.

    Parameters
    ----------
    cycling : DataFrame
        In Battery Data Format columns. Counters may run on, or start anew in each cycle
        or half-cycle.
    """
    counters = {sign: name for sign, name in COUNTERS.items() if name in cycling}
    if not counters or not {"current_ampere", "test_time_second"} <= set(cycling.columns):
        return None
    current_A = cycling["current_ampere"].to_numpy(dtype=float)
    half_cycles = half_cycles_of(current_A, cycling["test_time_second"].to_numpy(dtype=float))
    ratios = np.concatenate(
        [
            _ratios(half_cycles, sign, cycling[name].to_numpy(dtype=float))
            for sign, name in counters.items()
        ]
    )
    if not ratios.size:
        return None
    tolerance = TOLERANCE + _rounding_share(current_A)
    return ChargeCheck(float(np.median(ratios)), tolerance, int(ratios.size))


def _rounding_share(current_A: Array) -> float:
    """Return half of the current's last digit over its usual size."""
    flowing_A = np.abs(current_A[current_A != 0])
    shown_A = flowing_A[:: max(1, flowing_A.size // N_LOOKED_AT)]
    for n_digits in range(MOST_DIGITS):
        steps = shown_A * 10.0**n_digits
        if np.all(np.abs(steps - np.round(steps)) <= 1e-6 * np.maximum(steps, 1)):
            return float(0.5 * 10.0**-n_digits / np.median(shown_A))
    return 0.0


def _ratios(half_cycles: HalfCycles, sign: int, counted_Ah: Array) -> Array:
    """Return integral over counted charge of the half-cycles of one sign."""
    first, last = half_cycles.first, half_cycles.last
    passed_Ah = half_cycles.passed_Ah[last] - half_cycles.passed_Ah[first]
    # A counter that starts anew falls; only its rises are charge.
    rises_Ah = np.concatenate([[0.0], np.cumsum(np.maximum(np.diff(counted_Ah), 0))])
    counted = rises_Ah[last] - rises_Ah[first]
    is_judged = (half_cycles.sign == sign) & (last - first >= LEAST_ROWS) & (counted > 0)
    is_judged &= passed_Ah >= LEAST_SHARE * passed_Ah.max(initial=0.0)
    return np.asarray(passed_Ah[is_judged] / counted[is_judged])
