"""Signs of a soft short: a thread of lithium that carries part of the current unseen.

Such a cell shows a low, flat voltage and a perfect efficiency; it looks like the best of
its batch (Menkin et al., doi:10.1039/D3FD00101F; Counihan et al., Joule 2023). The rules
are our own:

====  ===================================================================================
S1    the voltage of a half-cycle falls by over 20 % within 5 % of its charge, at the same
      current, and is not back 20 % later; or a cycle polarises less than half as much per
      current as the cycles before it. What stays down counts on.
S2    a half-cycle is rectangular, and the resistance fell by over 50 % since the spectrum
      before
S3    plating begins within 1 mV of 0 V
S4    over 0.5 % more charge is stripped than plated, in a cycle of usual size
S5    flat voltages at three currents lie on one line through zero: an ohmic resistor
S6    rows lie over 10 s apart: no short, but short ones cannot be excluded
====  ===================================================================================

A coating that breaks in at once may look like S1; the sentence of a flag tells what was
seen, not what caused it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.cycles import Columns, plating_and_stripping, regular_columns
from features.oriented_record import Record, Rows, medians, record_of
from features.records import Cell, Spectrum
from features.registry import once_per_cell

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rule = Literal["S1", "S2", "S3", "S4", "S5", "S6"]

#: S1 looks at means over 2.5 % of the charge.
EDGES = np.linspace(0, 1, 41)
#: The level before is the median of three bins; nucleation is over by 15 % of the charge.
FIRST_BIN, N_BEFORE = 6, 3
#: Two bins are the fall; the following seven end over 20 % of the charge later.
N_FALL, N_AFTER = 2, 7
FALLEN_FRACTION = 0.8
#: A fall is more than this many standard deviations of the noise between bins.
NOISE_MULTIPLE = 5.0
#: The current before and after a fall agrees within this share, or it is a step of rate.
SAME_CURRENT = 0.05
#: From cycle to cycle a healthy cell never loses so much of its polarisation at once.
COLLAPSED_FRACTION = 0.5
N_LEVEL, N_LEAST_LEVEL, FIRST_LEVEL_CYCLE = 5, 3, 2
#: S2 and S5: scatter over mean of a flat voltage, over 10 to 90 % of the charge.
FLAT_FRACTION = 0.01
FLAT_BINS = slice(4, 36)
RESISTANCE_FALL = 0.5
TIP_V = 0.001
CE_OVER_1 = 1.005
#: S4 passes over cycles that plate less than this share of the usual: at the end of a test of rates
#: a cycle ends at a cutoff after moments, and what earlier ones left may come out in it.
USUAL_SHARE = 0.1
LEAST_R2, INTERCEPT_FRACTION, N_RATES = 0.999, 0.02, 3
LOG_INTERVAL_S = 10.0
#: The median absolute deviation of second differences of noise, in its standard deviations.
SECOND_DIFFERENCE_MAD = 0.6745 * np.sqrt(6)


@dataclass(frozen=True)
class Flag:
    """One sign: the rule, the cycle it was first seen in, and one sentence."""

    rule: Rule
    cycle: int
    reason: str

    @property
    def is_sign_of_short(self) -> bool:
        """Tell whether a short was seen; S6 only says that none could be."""
        return self.rule != "S6"


@dataclass(frozen=True, eq=False)
class _Traces:
    """All finished half-cycles of a cell, plating and stripping of each cycle side by side.

    Attributes
    ----------
    columns : mapping of str to array of shape (n_cycles,)
        Of ``cycles``, without activation.
    numbers : int array of shape (n_cycles, 2)
    driving_V : float array of shape (n_cycles, 2, n_bins)
        Voltage by share of the charge, positive where the reaction needs driving; NaN
        where a half-cycle has too few rows.
    load_A : float array of shape (n_cycles, 2)
    """

    record: Record
    columns: Columns
    numbers: Rows
    driving_V: Array
    load_A: Array

    @cached_property
    def cycle(self) -> Rows:
        """Return the number of every cycle."""
        return self.columns["cycle"]

    @cached_property
    def noise_V(self) -> Array:
        """Return the standard deviation of the bins' noise, shape (n_cycles, 2)."""
        bends_V = np.diff(self.driving_V[:, :, FIRST_BIN:], n=2, axis=2)
        deviation_V = np.abs(bends_V - medians(bends_V)[:, :, np.newaxis])
        return np.asarray(medians(deviation_V) / SECOND_DIFFERENCE_MAD)

    @cached_property
    def is_flat(self) -> Mask:
        """Tell which half-cycles are rectangles, noise apart, shape (n_cycles, 2)."""
        body_V = self.driving_V[:, :, FLAT_BINS]
        excess = np.maximum(np.var(body_V, axis=2) - self.noise_V**2, 0)
        return np.asarray(np.sqrt(excess) < FLAT_FRACTION * np.abs(body_V.mean(axis=2)))


@once_per_cell
def soft_short_flags(cell: Cell) -> tuple[Flag, ...]:
    """Return all signs of a soft short in the finished cycles, by rule and cycle.

    Raises
    ------
    NotMeasured
        If there is no time series with a finished cycle.
    """
    traces = _traces(cell)
    flags = [*_wide_intervals(traces)]
    if cell.is_full_cell:
        flags += _falls(traces, _fallen(traces) & np.array([True, False]))
    else:
        flags += _falls_and_collapses(traces)
        flags += [*_flat_and_fallen(cell, traces), *_missing_tips(traces), *_resistors(traces)]
    if cell.recipe.cell.type in ("Li||Cu", "anode-free"):
        flags += _over_stripped(traces)
    return tuple(sorted(flags, key=lambda flag: (flag.rule, flag.cycle)))


def signs_of_short(cell: Cell) -> tuple[Flag, ...]:
    """Return the flags that tell of a short, S1 to S5."""
    return tuple(flag for flag in soft_short_flags(cell) if flag.is_sign_of_short)


def _traces(cell: Cell) -> _Traces:
    record = record_of(cell)
    numbers = np.stack(plating_and_stripping(cell), axis=1)
    order = np.sort(numbers.ravel())
    voltage_V = record.mean_V(order, EDGES)
    voltage_V[~record.has_shape(order)] = np.nan
    by_cycle_V = voltage_V[numbers - order[0]]
    sign = np.array([1.0, 1.0] if cell.is_full_cell else [-1.0, 1.0])
    return _Traces(
        record=record,
        columns=regular_columns(cell),
        numbers=numbers,
        driving_V=sign[:, np.newaxis] * by_cycle_V,
        load_A=record.load_A(numbers.ravel()).reshape(numbers.shape),
    )


def _falls_and_collapses(traces: _Traces) -> list[Flag]:
    """Return S1 within half-cycles, and from cycle to cycle; the former excuses the latter."""
    fallen = _fallen(traces)
    is_fallen = np.asarray(fallen.any(axis=1))
    collapsed = _collapsed(traces, is_fallen) & ~is_fallen
    found = [
        Flag("S1", int(cycle), "the cycle polarises far less per current than those before it")
        for cycle in traces.cycle[collapsed]
    ]
    return [*_falls(traces, fallen), *found]


def _falls(traces: _Traces, fallen: Mask) -> list[Flag]:
    halves = ("plating", "stripping")
    return [
        Flag(
            "S1",
            int(traces.cycle[row]),
            f"the voltage of {halves[half]} falls by over 20 % within 5 % of the charge and is "
            f"not back 20 % later",
        )
        for row, half in np.argwhere(fallen)
    ]


def _fallen(traces: _Traces) -> Mask:
    """Tell which half-cycles lose voltage at once and for good, shape (n_cycles, 2)."""
    n_late = N_BEFORE + N_FALL
    before_V = _middles_of_three(traces.driving_V)
    after_V = np.maximum.reduce(_windows(traces.driving_V, N_AFTER))
    before_V = before_V[:, :, FIRST_BIN : after_V.shape[2] - n_late]
    after_V = after_V[:, :, FIRST_BIN + n_late :]
    noise_V = NOISE_MULTIPLE * traces.noise_V[:, :, np.newaxis]
    falls = (before_V > 0) & (after_V < FALLEN_FRACTION * before_V) & (before_V - after_V > noise_V)
    falls[:1, 0] = False  # the first nucleation on bare metal may be that long
    fallen = falls.any(axis=2)
    for row, half in np.argwhere(fallen):
        share = EDGES[FIRST_BIN + N_BEFORE + int(np.argmax(falls[row, half]))]
        fallen[row, half] = _keeps_current(traces.record, int(traces.numbers[row, half]), share)
    return np.asarray(fallen)


def _windows(values: Array, n_bins: int) -> list[Array]:
    """Return the first, the second ... bin of every window of so many neighbouring bins."""
    n_windows = values.shape[-1] - n_bins + 1
    return [values[..., first : first + n_windows] for first in range(n_bins)]


def _middles_of_three(values: Array) -> Array:
    """Return the median of every three neighbouring bins, which needs no sorting."""
    first, second, third = _windows(values, 3)
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.asarray(np.maximum(low, np.minimum(high, third)))


def _keeps_current(record: Record, number: int, share: float) -> bool:
    """Tell whether the current is the same before and after a share of the charge."""
    width = EDGES[N_FALL]
    around = ((share - width, share), (share + width, share + 2 * width))
    rows = [record.half_cycles.rows(number, *shares) for shares in around]
    before_A, after_A = (np.abs(record.current_A[inside]) for inside in rows)
    if not before_A.size or not after_A.size:
        return True  # no step of rate was recorded
    return bool(abs(after_A.mean() / before_A.mean() - 1) <= SAME_CURRENT)


def _collapsed(traces: _Traces, is_fallen: Mask) -> Mask:
    """Tell which cycles polarise far less per current than the sound cycles before them."""
    level_ohm = traces.columns["hysteresis_mV"] / (1000 * traces.load_A.sum(axis=1))
    may_be_sound = ~is_fallen & (level_ohm > 0) & (traces.cycle >= FIRST_LEVEL_CYCLE)
    collapsed = np.zeros(level_ohm.size, dtype=bool)
    first = _first_collapsed(level_ohm, is_fallen, may_be_sound)
    sound_ohm: list[float] = level_ohm[:first][may_be_sound[:first]].tolist()
    for row in range(first, level_ohm.size):
        level = float(level_ohm[row])
        was_low = row > 0 and bool(collapsed[row - 1] or is_fallen[row - 1])
        share = FALLEN_FRACTION if was_low else COLLAPSED_FRACTION
        recent = sorted(sound_ohm[-N_LEVEL:])
        if len(recent) >= N_LEAST_LEVEL and level < share * _middle(recent):
            collapsed[row] = True
        elif may_be_sound[row]:
            sound_ohm.append(level)
    return collapsed


def _first_collapsed(level_ohm: Array, is_fallen: Mask, may_be_sound: Mask) -> int:
    """Return a row before which no cycle has collapsed; up to there one need not go row by row.

    Whoever lies above the higher share of each of the few sound cycles before it lies above
    either share of their median.
    """
    sound_ohm = level_ohm[may_be_sound]
    highest_ohm = np.zeros(sound_ohm.size + 1)
    for lag in range(N_LEVEL):
        later = highest_ohm[lag + 1 :]
        np.maximum(later, sound_ohm[: later.size], out=later)
    n_before: Rows = np.cumsum(may_be_sound) - may_be_sound
    share = np.where(np.append(False, is_fallen[:-1]), FALLEN_FRACTION, COLLAPSED_FRACTION)
    may_collapse = level_ohm < share * highest_ohm[n_before]
    return int(np.argmax(may_collapse)) if may_collapse.any() else level_ohm.size


def _middle(ordered: list[float]) -> float:
    """Return the median of a few numbers in order."""
    half = len(ordered) // 2
    return (ordered[half] + ordered[~half]) / 2


def _flat_and_fallen(cell: Cell, traces: _Traces) -> Iterator[Flag]:
    """Yield S2: rectangles around a spectrum that shows half the resistance of the one before."""
    spectra = sorted(
        (spectrum for spectrum in cell.spectra if spectrum.cycle is not None),
        key=lambda spectrum: spectrum.cycle or 0,
    )
    is_flat = traces.is_flat.any(axis=1)
    for before, after in pairwise(spectra):
        if not _resistance_ratio(before, after) < 1 - RESISTANCE_FALL:
            continue
        low, high = before.cycle or 0, (after.cycle or 0) + 1
        for cycle in traces.cycle[is_flat & (traces.cycle > low) & (traces.cycle <= high)]:
            yield Flag(
                "S2",
                int(cycle),
                f"the voltage is a rectangle, and the resistance fell by over half between the "
                f"spectra of cycles {low} and {high - 1}",
            )


def _resistance_ratio(before: Spectrum, after: Spectrum) -> float:
    """Return how wide a spectrum is over the one before, at the frequencies both have."""
    low = max(before.frequency_Hz.min(), after.frequency_Hz.min())
    high = min(before.frequency_Hz.max(), after.frequency_Hz.max())
    widths_ohm = []
    for spectrum in (before, after):
        shared = (spectrum.frequency_Hz >= low) & (spectrum.frequency_Hz <= high)
        real_ohm = spectrum.impedance_ohm.real[shared]
        widths_ohm.append(float(np.ptp(real_ohm)) if real_ohm.size else 0.0)
    return widths_ohm[1] / widths_ohm[0] if widths_ohm[0] > 0 else np.nan


def _missing_tips(traces: _Traces) -> Iterator[Flag]:
    """Yield S3: plating that needs no overpotential to begin."""
    tips_V = traces.driving_V[:, 0, :FIRST_BIN].max(axis=1)
    for cycle in traces.cycle[np.abs(tips_V) < TIP_V]:
        yield Flag("S3", int(cycle), "plating begins within 1 mV of 0 V")


def _over_stripped(traces: _Traces) -> Iterator[Flag]:
    """Yield S4: more stripped than plated."""
    ce, plated_Ah = traces.columns["ce_fraction"], traces.columns["plated_Ah"]
    is_usual = plated_Ah > USUAL_SHARE * np.median(plated_Ah)
    for row in np.flatnonzero(is_usual & (ce > CE_OVER_1)):
        yield Flag("S4", int(traces.cycle[row]), f"CE is {ce[row]:.4f}, above {CE_OVER_1}")


def _resistors(traces: _Traces) -> Iterator[Flag]:
    """Yield S5: three successive rates whose flat voltages lie on one line through zero."""
    load_A = traces.load_A.mean(axis=1)
    plateau_mV = traces.columns["hysteresis_mV"] / 2
    is_flat = np.asarray(traces.is_flat.all(axis=1))
    is_step = np.abs(np.diff(load_A)) > SAME_CURRENT * load_A[:-1]
    edges = [0, *(np.flatnonzero(is_step) + 1).tolist(), load_A.size]
    for first, end in zip(edges, edges[N_RATES:], strict=False):
        rows = slice(first, end)
        if is_flat[rows].all() and _is_ohmic(load_A[rows], plateau_mV[rows]):
            yield Flag(
                "S5",
                int(traces.cycle[first]),
                "flat voltages at three rates lie on one line through zero, as of a resistor",
            )


def _is_ohmic(load_A: Array, plateau_mV: Array) -> bool:
    """Tell whether voltage is proportional to at least three currents."""
    levels = np.sort(load_A)
    if 1 + (np.diff(levels) > SAME_CURRENT * levels[:-1]).sum() < N_RATES:
        return False
    slope, intercept = np.polyfit(load_A, plateau_mV, 1)
    residual = np.var(plateau_mV - slope * load_A - intercept)
    is_line = residual < (1 - LEAST_R2) * np.var(plateau_mV)
    return bool(is_line and abs(intercept) < INTERCEPT_FRACTION * plateau_mV.max())


def _wide_intervals(traces: _Traces) -> Iterator[Flag]:
    """Yield S6: rows so far apart that a short between them is not seen."""
    first = traces.record.half_cycles.first[traces.numbers.ravel()]
    last = traces.record.half_cycles.last[traces.numbers.ravel()]
    duration_s = traces.record.time_s[last] - traces.record.time_s[first]
    interval_s = float(np.median(duration_s / np.maximum(last - first, 1)))
    if interval_s > LOG_INTERVAL_S:
        yield Flag(
            "S6",
            int(traces.cycle[0]),
            f"rows lie {interval_s:.0f} s apart under load; shorter short circuits go unseen",
        )
