"""The shape of a half-cycle's voltage over its charge: peak, arc, tail and knee.

The last five half-cycles of the window are read and their median is given, so that one
odd cycle moves little; each needs 30 rows. Where a voltage "at" a share of the charge is
wanted, it is the mean over five percent of the charge around it.
"""

import numpy as np
from numpy.typing import NDArray

from features.cycles import plating_and_stripping
from features.errors import NotMeasured
from features.oriented_record import SHAPE_ROWS, Record, Rows, medians, record_of
from features.records import Cell
from features.registry import descriptor

Array = NDArray[np.float64]

#: Peaking and arcing tell dead lithium and mass transport (also Chen et al. 2017).
WOOD_2016 = "doi:10.1021/acscentsci.6b00260"
SEVERSON_2019 = "doi:10.1038/s41560-019-0356-8"
N_RECENT = 5
#: Bins of one percent of the charge.
BINS = np.linspace(0, 1, 101)
#: Five percent of the charge around 20, 90 and 95 %.
AT_20, AT_90, AT_95 = (0.175, 0.225), (0.875, 0.925), (0.925, 0.975)
#: The early peak lies before the first share, the lowest voltage between both.
PEAK_SHARES = (0.10, 0.70)
#: The stripping tail begins so far above the plateau (field notes D12).
TAIL_V = 0.1
#: A millionth of the overpotential, squared: no cycler resolves a smaller change.
LEAST_VARIANCE = 1e-12
#: Changes of shape are counted from the first cycle, to at least the second.
SHAPE_CYCLES = (3, 10)


@descriptor(version=2, source=f"own, after {WOOD_2016}")
def peaking_ratio(cell: Cell) -> float:
    """Return how far the early peak of stripping stands above its lowest voltage, over the latter.

    The peak lies within the first 10 % of the charge, the lowest voltage within 10 to 70 %.
    """
    record, stripping = _recent(cell, strips=True)
    voltage_V = record.mean_V(stripping, BINS)
    early, end = (round(100 * share) for share in PEAK_SHARES)
    peak_V, lowest_V = voltage_V[:, :early].max(axis=1), voltage_V[:, early:end].min(axis=1)
    return _median_excess(peak_V, lowest_V)


@descriptor(version=2, source=f"own, after {WOOD_2016}")
def arcing_ratio(cell: Cell) -> float:
    """Return the rise of stripping voltage from 20 to 90 % of the charge, over that at 20 %."""
    record, stripping = _recent(cell, strips=True)
    voltage_V = record.mean_V(stripping, np.array([*AT_20, *AT_90]))
    return _median_excess(voltage_V[:, 2], voltage_V[:, 0])


@descriptor(version=2, source=f"own, after {WOOD_2016}")
def mass_transfer_overpotential_mV(cell: Cell) -> float:
    """Return the rise of plating overpotential from 20 to 95 % of the charge."""
    record, plating = _recent(cell, strips=False)
    overpotential_V = -record.mean_V(plating, np.array([*AT_20, *AT_95]))
    return 1000 * float(medians(overpotential_V[:, 2] - overpotential_V[:, 0]))


@descriptor(version=2, source=f"own, after {SEVERSON_2019}", needs_whole_window=True)
def log10_plating_shape_variance_ratio(cell: Cell) -> float:
    """Return log10 of the variance over charge of the change of plating voltage since cycle 3.

    Each voltage is divided by its own median first; the other cycle is the last finished
    one, number 10 or later. It stands in for Q(V) differences, which flat plateaus lack.
    """
    _refuse_full_cell(cell)
    record = record_of(cell)
    plating, _ = plating_and_stripping(cell)
    first, least = SHAPE_CYCLES
    if plating.size < least:
        raise NotMeasured(f"needs {least} finished cycles, has {plating.size}")
    both = plating[[first - 1, -1]]
    if not record.has_shape(both).all():
        raise NotMeasured(f"cycle {first} or the last plates over fewer than {SHAPE_ROWS} rows")
    voltage_V = np.concatenate([record.mean_V(each, BINS) for each in both[:, np.newaxis]])
    middle_V = medians(voltage_V)[:, np.newaxis]
    if not (middle_V < 0).all():
        raise NotMeasured("plating needs no overpotential; suspect a short circuit")
    variance = float(np.var(np.diff(voltage_V / middle_V, axis=0)))
    if not variance > LEAST_VARIANCE:
        raise NotMeasured("both platings have the same shape")
    return float(np.log10(variance))


@descriptor(version=1, source="own")
def stripping_tail_fraction(cell: Cell) -> float:
    """Return the share of stripped charge that comes from 0.1 V above the plateau to the end."""
    record, stripping = _recent_to_cutoff(cell)
    shares = [_tail_share(record, int(number)) for number in stripping]
    return float(medians(np.array(shares)))


@descriptor(version=2, source="own")
def stripping_knee_fraction(cell: Cell) -> float:
    """Return the share of the stripped charge at which the voltage bends upwards most."""
    record, stripping = _recent_to_cutoff(cell)
    rises = [number for number in stripping if _tail_share(record, int(number)) > 0]
    if not rises:
        raise NotMeasured("stripping never rises 0.1 V above its plateau, so it has no knee")
    early = round(100 * PEAK_SHARES[0])
    bend_V = np.diff(record.mean_V(np.array(rises), BINS), n=2, axis=1)[:, early:]
    centres = (BINS[1:-2] + BINS[2:-1]) / 2
    return float(medians(centres[early:][np.argmax(bend_V, axis=1)]))


def _recent_to_cutoff(cell: Cell) -> tuple[Record, Rows]:
    """Return the last strippings of a cell that is stripped until it is empty."""
    if cell.recipe.cell.type == "Li||Li":
        raise NotMeasured("a symmetric cell is not stripped to a cutoff")
    record, stripping = _recent(cell, strips=True)
    has_plateau = ~np.isnan(record.plateau_V[stripping])
    if not has_plateau.any():
        raise NotMeasured("no stripping has a row on its plateau")
    return record, stripping[has_plateau]


def _tail_share(record: Record, number: int) -> float:
    """Return the share of a stripping's charge after it last leaves its plateau; 0 without rise."""
    first, last = int(record.half_cycles.first[number]), int(record.half_cycles.last[number])
    voltage_V = record.oriented(slice(first, last + 1))
    passed_Ah = record.half_cycles.passed_Ah[first : last + 1]
    threshold_V = record.plateau_V[number] + TAIL_V
    below = int(np.flatnonzero(voltage_V <= threshold_V)[-1])
    if below == voltage_V.size - 1:
        return 0.0
    crossing = slice(below, below + 2)
    left_Ah = float(np.interp(threshold_V, voltage_V[crossing], passed_Ah[crossing]))
    return float((passed_Ah[-1] - left_Ah) / (passed_Ah[-1] - passed_Ah[0]))


def _recent(cell: Cell, *, strips: bool) -> tuple[Record, Rows]:
    """Return the last finished platings or strippings that have enough rows for a shape."""
    _refuse_full_cell(cell)
    record = record_of(cell)
    numbers = plating_and_stripping(cell)[int(strips)]
    recent = numbers[record.has_shape(numbers)][-N_RECENT:]
    if not recent.size:
        raise NotMeasured(f"no half-cycle has the {SHAPE_ROWS} rows that a shape needs")
    return record, recent


def _median_excess(high_V: Array, low_V: Array) -> float:
    """Return the median of (high - low) / low over the half-cycles that need driving."""
    is_driven = low_V > 0
    if not is_driven.any():
        raise NotMeasured("stripping needs no overpotential; suspect a short circuit")
    return float(medians(high_V[is_driven] / low_V[is_driven] - 1))


def _refuse_full_cell(cell: Cell) -> None:
    if cell.is_full_cell:
        raise NotMeasured(f"the voltage of {cell.recipe.cell.type} is no overpotential of lithium")
