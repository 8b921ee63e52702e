"""How the voltage relaxes once the current stops, in the rests that follow plating.

In a full cell plating is the charge, so the state is the same in every cycle. A rest
counts if it lasts 60 s and has 20 rows, the first within 5 s of the current's end; the
last five such rests of the window are read and their median is given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.cycles import plating_and_stripping
from features.errors import NotMeasured
from features.oriented_record import Record, Rows, record_of
from features.records import Cell
from features.registry import descriptor, once_per_cell

Array = NDArray[np.float64]

#: Voltages at rest are decisive for the life of lithium metal cells.
SI_2024 = "doi:10.1002/advs.202402608"
N_RECENT = 5
LEAST_S, N_LEAST_ROWS, LATEST_FIRST_S = 60.0, 20, 5.0
#: The ohmic part of the voltage is gone after so long.
JUMP_S = 1.0
#: Share of an exponential that is over after its time constant.
RELAXED_FRACTION = 1 - np.exp(-1)
#: What a good cycler resolves; below it nothing is seen to relax.
RESOLVED_V = 1e-5


@dataclass(frozen=True, eq=False)
class _Rest:
    """One rest: the voltage from 1 s after the current ended, and the load before."""

    loaded_V: float
    loaded_A: float
    time_s: Array
    voltage_V: Array

    @property
    def jump_V(self) -> float:
        """Return the step of voltage within the first second, without sign."""
        return abs(float(self.voltage_V[0]) - self.loaded_V)


@descriptor(version=2, source=f"own, after {SI_2024}")
def relaxation_jump_mV(cell: Cell) -> float:
    """Return how far the voltage steps within 1 s after plating ends."""
    return 1000 * float(np.median([rest.jump_V for rest in _rests(cell)]))


@descriptor(version=2, source=f"own, after {SI_2024}")
def relaxation_resistance_ohm_cm2(cell: Cell) -> float:
    """Return the step of voltage within 1 s after plating ends, over the current density."""
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")
    rests = _rests(cell)
    return cell.area_cm2 * float(np.median([rest.jump_V / rest.loaded_A for rest in rests]))


@descriptor(version=2, source=f"own, after {SI_2024}")
def relaxation_time_s(cell: Cell) -> float:
    """Return the time in which 63 % of the relaxation after the first second is over."""
    times_s = [_relaxation_s(rest) for rest in _rests(cell)]
    if np.isnan(times_s).all():
        raise NotMeasured("the voltage at rest does not change")
    return float(np.nanmedian(times_s))


def _relaxation_s(rest: _Rest) -> float:
    """Return when 63 % of the change of voltage from 1 s to the rest's end is over."""
    change_V = rest.voltage_V - rest.voltage_V[0]
    if abs(change_V[-1]) < RESOLVED_V:
        return np.nan
    done = change_V / change_V[-1]
    after = int(np.argmax(done >= RELAXED_FRACTION))
    pair = slice(after - 1, after + 1)
    return float(np.interp(RELAXED_FRACTION, done[pair], rest.time_s[pair]) - rest.time_s[0])


@once_per_cell
def _rests(cell: Cell) -> list[_Rest]:
    """Return the last readable rests after finished platings, at least one."""
    record = record_of(cell)
    plating, _ = plating_and_stripping(cell)
    readable = plating[_is_readable(record, plating)][-N_RECENT:]
    if not readable.size:
        raise NotMeasured(
            f"no rest of {LEAST_S:g} s and {N_LEAST_ROWS} rows follows a plating; the first row "
            f"must lie within {LATEST_FIRST_S:g} s"
        )
    return [_rest(record, int(number)) for number in readable]


def _is_readable(record: Record, numbers: Rows) -> NDArray[np.bool_]:
    """Tell which half-cycles a long and finely recorded rest follows."""
    half_cycles, time_s = record.half_cycles, record.time_s
    last = half_cycles.last[numbers]
    end = np.append(half_cycles.first, time_s.size)[numbers + 1] - 1
    first = np.minimum(last + 1, end)
    return np.asarray(
        (end - last >= N_LEAST_ROWS)
        & (time_s[end] - time_s[last] >= LEAST_S)
        & (time_s[first] - time_s[last] <= LATEST_FIRST_S)
    )


def _rest(record: Record, number: int) -> _Rest:
    """Return the rest after a half-cycle."""
    last, rows = int(record.half_cycles.last[number]), record.rest(number)
    time_s = record.time_s[rows] - record.time_s[last]
    is_later = time_s > 0  # a row of the same moment may still show the load
    time_s, voltage_V = time_s[is_later], record.voltage_V[rows][is_later]
    start_s = max(JUMP_S, float(time_s[0]))
    start_V = float(np.interp(start_s, time_s, voltage_V))
    is_after = time_s > start_s
    return _Rest(
        loaded_V=float(record.voltage_V[last]),
        loaded_A=float(abs(record.current_A[last])),
        time_s=np.concatenate([[start_s], time_s[is_after]]),
        voltage_V=np.concatenate([[start_V], voltage_V[is_after]]),
    )
