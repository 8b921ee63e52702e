"""Short pulses of a full cell, as of a power test (HPPC), are no half-cycles of their own.

At one state of charge such a test passes a few seconds of current one way and the other, then goes
on as before. A half-cycle that is brief, small, and ends well before the voltage at which others of
its direction have ended is taken for a pulse; one at a high rate, or of a cell that is at its end,
is brief too, but ends at a cutoff. Only what came before is looked at, so that the first cycles do
not depend on what comes later.
"""

import numpy as np
from numpy.typing import NDArray

from features.half_cycles import HalfCycles

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: Pulses of a power test take 10 to 30 s.
LONGEST_S = 60.0
#: They pass below so much of the largest half-cycle so far: 30 s at the rate of one hour are 1 %.
LARGEST_SHARE = 0.05
#: Before the usual end, by this share of the voltage between the ends of both directions.
MARGIN = 0.05


def without_pulses(half_cycles: HalfCycles, time_s: Array, voltage_V: Array) -> HalfCycles:
    """Return half-cycles that go on over pulses as they go on over rests.

    Parameters
    ----------
    half_cycles : HalfCycles
    time_s, voltage_V : float arrays of shape (n_rows,)

    Returns
    -------
    HalfCycles
        The very same where there are no pulses. The charge of a pulse against its half-cycle is
        taken off; such a pulse adds nothing to ``passed_Ah``.
    """
    is_pulse = _is_pulse(half_cycles, time_s, voltage_V)
    if not is_pulse.any():
        return half_cycles
    sign, large = half_cycles.sign, np.flatnonzero(~is_pulse)
    is_new = np.append(True, sign[large][1:] != sign[large][:-1])
    opens, closes = large[is_new], large[np.append(is_new[1:], True)]
    of_run = np.cumsum(is_new) - 1
    run = np.full(sign.size, -1)
    run[large] = of_run
    inside = np.maximum.accumulate(run)  # a pulse belongs to the half-cycle before it
    counts = np.arange(sign.size) <= closes[inside]
    charge_Ah = np.bincount(
        inside[counts], (half_cycles.charge_Ah * sign * sign[opens][inside])[counts]
    )
    is_against = is_pulse & (sign != sign[opens][inside])
    return HalfCycles(
        sign=sign[opens],
        first=half_cycles.first[opens],
        last=half_cycles.last[closes],
        charge_Ah=np.maximum(charge_Ah, 0.0),
        has_rest=np.bincount(inside[counts], half_cycles.has_rest[counts]) + (closes - opens) > 0,
        passed_Ah=_passed_without(half_cycles, np.flatnonzero(is_against)),
    )


def _is_pulse(half_cycles: HalfCycles, time_s: Array, voltage_V: Array) -> NDArray[np.bool_]:
    """Tell which half-cycles are pulses; the first two are none."""
    first, last = half_cycles.first, half_cycles.last
    is_small = time_s[last] - time_s[first] <= LONGEST_S
    before_Ah = np.append(0.0, np.maximum.accumulate(half_cycles.charge_Ah)[:-1])[: last.size]
    is_small &= half_cycles.charge_Ah < LARGEST_SHARE * before_Ah
    if not is_small[2:].any():
        return np.zeros(last.size, dtype=np.bool_)
    return np.asarray(is_small & _ends_inside(voltage_V[last]))


def _ends_inside(end_V: Array) -> NDArray[np.bool_]:
    """Tell which half-cycles end well before where others of their direction have ended so far.

    The first two tell which direction raises the voltage, however the cell was wired.
    """
    rises = np.sign(end_V[0] - end_V[1]) * np.where(np.arange(end_V.size) % 2, -1.0, 1.0)
    outward_V = rises * end_V
    reach_V = np.empty(end_V.size)
    for parity in (slice(0, None, 2), slice(1, None, 2)):
        reach_V[parity] = np.maximum.accumulate(outward_V[parity])
    inside = np.zeros(end_V.size, dtype=np.bool_)
    span_V = reach_V[:-2] + reach_V[1:-1]
    inside[2:] = outward_V[2:] < reach_V[:-2] - MARGIN * span_V
    return np.asarray(inside & (rises != 0))


def _passed_without(half_cycles: HalfCycles, pulses: Rows) -> Array:
    """Return the charge passed up to each row, that of some half-cycles left out."""
    steps_Ah = np.diff(half_cycles.passed_Ah, prepend=0.0)
    for first, last in zip(half_cycles.first[pulses], half_cycles.last[pulses], strict=True):
        steps_Ah[first + 1 : last + 1] = 0.0
    return np.cumsum(steps_Ah)
