"""One time series, cut into half-cycles and oriented, whatever its wiring or counters.

Everything is oriented so that plating on the working electrode is negative. Li||Cu,
anode-free and Li||Li cells plate first. In a full cell the charging half-cycle, told by
the rising voltage, is the one that plates, and pulses of a power test are none of their own
(``features.pulses``).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.extremes import BLOCK_ROWS
from features.half_cycles import HalfCycles, half_cycles_of, rows_reached
from features.pulses import without_pulses
from features.records import Cell
from features.registry import once_per_cell

Array = NDArray[np.float64]
Rows = NDArray[np.int64]

#: A row at the very edge of a share belongs to it, however its charge was rounded.
EDGE = 1e-9
#: Share of a half-cycle's charge over which a plateau is read (field notes D3, D4).
PLATEAU = (0.3 - EDGE, 0.7 + EDGE)
#: The nucleation dip lies in the first part of a plating (field notes D1).
NUCLEATION_SHARE = 0.15 + EDGE
#: Below 0 V by less than this, no lithium is plated (doi:10.1002/adma.201605531: 0 to 0.4 V).
ACTIVATION_V = 0.001
#: A short circuit reads closer to 0 V than an activation does.
SHORT_V = 0.005
#: Several numbers for each of so many shares of charge stay in a second-level cache of 1 MiB.
BLOCK_EDGES = 8192
#: Fewer rows in a half-cycle show no shape (field notes, section 2).
SHAPE_ROWS = 30


@dataclass(frozen=True, eq=False)
class Record:
    """A time series cut into oriented half-cycles.

    Attributes
    ----------
    half_cycles : HalfCycles
    time_s, current_A, voltage_V : float arrays of shape (n_rows,)
        As in the record.
    orientation : float
        1 or -1; times the voltage it is negative while plating.
    plates_first : bool
        Whether half-cycles 0, 2, 4 ... plate.
    n_activation : int
        Cycles at the start that never reach the potential of lithium.
    """

    half_cycles: HalfCycles
    time_s: Array
    current_A: Array
    voltage_V: Array
    orientation: float
    plates_first: bool
    n_activation: int

    @property
    def n_pairs(self) -> int:
        """Return the number of pairs of half-cycles, activation included."""
        return len(self.half_cycles) // 2

    @cached_property
    def plateau_V(self) -> Array:
        """Return the median oriented voltage of every half-cycle's plateau."""
        begins, ends = self.half_cycles.spans(np.arange(len(self.half_cycles)), *PLATEAU)
        return self.orientation * _of_spans(self.voltage_V, begins, ends, _parted_medians)

    def oriented(self, rows: slice) -> Array:
        """Return the oriented voltage of some rows."""
        return self.orientation * self.voltage_V[rows]

    def nucleation_tip_mV(self, number: int) -> float:
        """Return the depth below 0 V of the dip at the start of a plating; NaN without rows."""
        return float(self.nucleation_tips_mV(np.array([number]))[0])

    def nucleation_tips_mV(self, numbers: Rows) -> Array:
        """Return the depth of the dip of some platings, see ``nucleation_tip_mV``."""
        begins, ends = self.half_cycles.spans(numbers, 0.0, NUCLEATION_SHARE)
        begins += 1  # no charge has passed at the first
        return -1000 * _of_spans(
            self.voltage_V, begins, ends, lambda rows_V: (self.orientation * rows_V).min(axis=1)
        )

    def has_shape(self, numbers: Rows) -> NDArray[np.bool_]:
        """Tell which half-cycles pass charge over enough rows for a shape."""
        first, last = self.half_cycles.first[numbers], self.half_cycles.last[numbers]
        passed_Ah = self.half_cycles.passed_Ah
        return np.asarray((last - first + 1 >= SHAPE_ROWS) & (passed_Ah[last] > passed_Ah[first]))

    def rest(self, number: int) -> slice:
        """Return the rows of the rest that follows a half-cycle."""
        begins = int(self.half_cycles.last[number]) + 1
        if number + 1 < len(self.half_cycles):
            return slice(begins, int(self.half_cycles.first[number + 1]))
        return slice(begins, self.time_s.size)

    def load_A(self, numbers: Rows) -> Array:
        """Return the current, without sign, at half the charge of some half-cycles."""
        first, last = self.half_cycles.first[numbers], self.half_cycles.last[numbers]
        passed_Ah = self.half_cycles.passed_Ah
        middle_Ah = (passed_Ah[first] + passed_Ah[last]) / 2
        rows = rows_reached(passed_Ah, middle_Ah, 0.5, (first, last), (first, last))
        return np.asarray(np.abs(self.current_A[rows]))

    def mean_V(self, numbers: Rows, edges: Array) -> Array:
        """Return oriented voltages averaged over charge, between shares of each half-cycle's.

        Parameters
        ----------
        numbers : int array of shape (n_numbers,)
            Half-cycles, rising.
        edges : float array of shape (n_edges,)
            Shares of the half-cycle's charge, rising from 0 to 1.

        Returns
        -------
        float array of shape (n_numbers, n_edges - 1)
            NaN for a half-cycle that passes no charge.
        """
        n_blocks = -(-numbers.size * edges.size // BLOCK_EDGES)
        blocks_V = [self._block_mean_V(some, edges) for some in np.array_split(numbers, n_blocks)]
        return np.concatenate(blocks_V)

    def _block_mean_V(self, numbers: Rows, edges: Array) -> Array:
        """Return ``mean_V`` of so many half-cycles that all shares stay in the cache."""
        passed_Ah, voltage_V = self.half_cycles.passed_Ah, self.voltage_V
        first = self.half_cycles.first[numbers, np.newaxis]
        last = self.half_cycles.last[numbers, np.newaxis]
        span = slice(int(first[0, 0]), int(last[-1, 0]) + 1)
        # Gone through from end to end first, rows are in the cache when they are looked up.
        twice_VAh = _twice_VAh(passed_Ah[span], voltage_V[span])
        charge_Ah = passed_Ah[last] - passed_Ah[first]
        wanted_Ah = passed_Ah[first] + charge_Ah * edges
        bounds = np.minimum(first + 1, last), last
        after = rows_reached(passed_Ah, wanted_Ah, edges, (first, last), bounds)
        work_VAh = np.add.reduceat(twice_VAh, after.ravel() - span.start).reshape(after.shape) / 2
        work_VAh = work_VAh[:, :-1]
        work_VAh[after[:, 1:] == after[:, :-1]] = 0.0  # where reduceat gives a value, not a sum
        edge_VAh = _edge_VAh(passed_Ah, voltage_V, wanted_Ah, after)
        work_VAh += edge_VAh[:, 1:] - edge_VAh[:, :-1]
        width_Ah = charge_Ah * np.diff(edges)
        mean_V = np.full(width_Ah.shape, np.nan)
        np.divide(work_VAh, width_Ah, out=mean_V, where=width_Ah > 0)
        return self.orientation * mean_V


def _twice_VAh(passed_Ah: Array, voltage_V: Array) -> Array:
    """Return the voltage of each row times the charge from the row before to the row after.

    Notes
    -----
    Summed over rows it is twice the integral by the trapezoidal rule, but for both ends, which
    ``_edge_VAh`` mends: two passes in place of three.
    """
    twice_VAh = np.empty(passed_Ah.size)
    np.subtract(passed_Ah[2:], passed_Ah[:-2], out=twice_VAh[1:-1])
    twice_VAh[1:-1] *= voltage_V[1:-1]
    twice_VAh[[0, -1]] = 0.0
    return twice_VAh


def _edge_VAh(passed_Ah: Array, voltage_V: Array, wanted_Ah: Array, after: Rows) -> Array:
    """Return what the sum of the rows from the one after a charge on lacks to its integral.

    It holds the charge before that row once too often, by half, and that from the wanted charge
    to the row not at all.
    """
    after_Ah, after_V = passed_Ah.take(after), voltage_V.take(after)
    before = after - 1
    step_Ah = after_Ah - passed_Ah.take(before, mode="clip")
    rise_V = after_V - voltage_V.take(before, mode="clip")
    short_Ah = after_Ah - wanted_Ah
    share = np.zeros(short_Ah.shape)
    np.divide(short_Ah, step_Ah, out=share, where=step_Ah > 0)
    beyond_VAh = short_Ah * (after_V - share * rise_V / 2)
    return np.asarray(after_V * step_Ah / 2 - beyond_VAh)


@once_per_cell
def record_of(cell: Cell) -> Record:
    """Return a cell's time series, cut and oriented.

    Raises
    ------
    NotMeasured
        If there is no time series of current, or no current ever flows.
    """
    if cell.cycling is None:
        raise NotMeasured("there is no cycling data")
    if not cell.has_time_series:
        raise NotMeasured("there is no time series of current")
    time_s, current_A, voltage_V = (
        cell.cycling[name].to_numpy(dtype=float)
        for name in ("test_time_second", "current_ampere", "voltage_volt")
    )
    half_cycles = half_cycles_of(current_A, time_s)
    if not len(half_cycles):
        raise NotMeasured("no current flows in the whole record")
    if cell.is_full_cell:
        half_cycles = without_pulses(half_cycles, time_s, voltage_V)
        plates_first = _first_rises(half_cycles, voltage_V)
        return Record(half_cycles, time_s, current_A, voltage_V, 1.0, plates_first, 0)
    may_activate = cell.recipe.cell.type == "Li||Cu"
    orientation = _orientation(half_cycles, voltage_V, may_activate=may_activate)
    upright = Record(half_cycles, time_s, current_A, voltage_V, orientation, True, 0)
    return replace(upright, n_activation=_n_activation(upright) if may_activate else 0)


def _orientation(half_cycles: HalfCycles, voltage_V: Array, *, may_activate: bool) -> float:
    """Return the sign that makes plating negative, told by the first cycle that plates.

    Activation before it tells the sign as well: it stays above 0 V. Its first half-cycle may lie
    above the second, as the conversion of Cu3N does.
    """
    first, side = 0, 0.0
    while may_activate and first + 1 < len(half_cycles):
        this_side = _side_of_lithium(half_cycles, voltage_V, first)
        if not this_side:
            break
        first, side = first + 2, this_side
    if side and first + 1 >= len(half_cycles):
        return side
    plateaus_V = [
        _median(voltage_V[half_cycles.rows(number, *PLATEAU)])
        for number in range(first, min(first + 2, len(half_cycles)))
    ]
    driving_V = (plateaus_V[1] - plateaus_V[0]) if len(plateaus_V) == 2 else -plateaus_V[0]
    if driving_V == 0 or np.isnan(driving_V):
        return -float(half_cycles.sign[0])
    return float(np.sign(driving_V))


def _side_of_lithium(half_cycles: HalfCycles, voltage_V: Array, number: int) -> float:
    """Return 1 or -1 where two half-cycles stay on one side of 0 V, as activation does; else 0.

    The first of them gives energy, whichever way the cables are; to plate takes energy.
    """
    begin, end = int(half_cycles.first[number]), int(half_cycles.last[number]) + 1
    middle_V = _median(voltage_V[begin:end])
    if abs(middle_V) < SHORT_V or middle_V * half_cycles.sign[number] > 0:
        return 0.0
    side = float(np.sign(middle_V))
    both_V = side * voltage_V[begin : int(half_cycles.last[number + 1]) + 1]
    return side if both_V.min() >= -ACTIVATION_V else 0.0


def _median(values: Array) -> float:
    """Return the median, NaN where there is no value; np.median checks much that holds here."""
    if not values.size:
        return np.nan
    middle = values.size // 2
    below = middle - 1 + values.size % 2
    parted = np.partition(values, (below, middle))
    return float(0.5 * (parted[below] + parted[middle]))


def _of_spans(values: Array, begins: Rows, ends: Rows, reduce: Callable[[Array], Array]) -> Array:
    """Return one number for each span of rows, NaN where a span is empty.

    Parameters
    ----------
    values : float array of shape (n_rows,)
    begins, ends : int arrays of shape (n_spans,)
    reduce : callable
        From an array of shape (n_of_one_length, length), which it may change, to one number for
        each of its rows; spans of one length are reduced together.
    """
    length = ends - begins
    numbers = np.full(length.size, np.nan)
    for each in np.unique(length[length > 0]):
        windows = sliding_window_view(values, each)
        which = np.flatnonzero(length == each)
        for some in np.array_split(which, -(-each * which.size // BLOCK_ROWS)):
            numbers[some] = reduce(windows[begins[some]])
    return numbers


def medians(rows: Array) -> Array:
    """Return the median of each row; to part rows at one place beats np.median, which needs two.

    Parameters
    ----------
    rows : float array of shape (..., n_values)
        All of a row is NaN, or nothing.
    """
    return _parted_medians(rows.copy())


def _parted_medians(rows: Array) -> Array:
    """Return the median of each row, whose order is lost."""
    half = rows.shape[-1] // 2
    rows.partition(half, axis=-1)
    upper = rows[..., half]
    lower = upper if rows.shape[-1] % 2 else rows[..., :half].max(axis=-1)
    return np.asarray((lower + upper) / 2)


def _first_rises(half_cycles: HalfCycles, voltage_V: Array) -> bool:
    """Tell whether the first half-cycle of a full cell charges it."""
    first, last = half_cycles.first[:2], half_cycles.last[:2]
    rise_V = voltage_V[last] - voltage_V[first]
    return bool(rise_V[0] > rise_V[1]) if rise_V.size == 2 else bool(rise_V[0] > 0)


def _n_activation(record: Record) -> int:
    """Return how many cycles at the start stay above the potential of lithium."""
    for number in range(record.n_pairs):
        plating = slice(
            int(record.half_cycles.first[2 * number]), int(record.half_cycles.last[2 * number]) + 1
        )
        voltage_V = record.oriented(plating)
        if voltage_V.min() < -ACTIVATION_V or np.median(voltage_V) < SHORT_V:
            return number
    return record.n_pairs


@once_per_cell
def row_numbers(cell: Cell) -> NDArray[np.int64]:
    """Return the cycle of every row: from 1; 0 in activation and before the first current."""
    try:
        record = record_of(cell)
    except NotMeasured:
        return np.zeros(0 if cell.cycling is None else len(cell.cycling), dtype=np.int64)
    number = np.zeros(record.time_s.size, dtype=np.int64)
    number[record.half_cycles.first[::2]] = 1
    np.cumsum(number, out=number)
    number -= record.n_activation
    return np.asarray(np.maximum(number, 0, out=number))
