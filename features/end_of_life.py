"""When and of what a cell died: events by stated rules; a test that was stopped is censored.

These are facts for labels and for people; no descriptor of a window may look at them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cycles import cycles, plating_and_stripping
from features.discharge_curves import discharge_curves
from features.errors import NotMeasured
from features.oriented_record import record_of
from features.records import Cell
from features.soft_short import signs_of_short

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Event = Literal[
    "hard_short",
    "soft_short",
    "polarisation",
    "ce_collapse",
    "lithium_exhausted",
    "retention",
    "stopped",
]

#: Discharges at a current within this share of each other are compared.
SAME_CURRENT = 0.05
#: Positive electrodes that bring no lithium, and those that do.
LITHIUM_FREE, LITHIATED = ("Li||LTO",), ("Li||LFP", "Li||NMC")
#: A cutoff counts as reached within this distance.
CUTOFF_TOLERANCE_V = 0.005
N_MEDIAN = 5
#: A capacity lacks something beyond so many standard deviations of those before, and this share.
NOISE_MULTIPLE, LEAST_LACK = 5.0, 1e-4


@dataclass(frozen=True)
class EndOfLifeRules:
    """Thresholds of the events; cycles are counted from 1 after activation.

    Attributes
    ----------
    retention_fraction : float
        Discharge capacity over its median in ``reference_cycles`` falls below this.
    reference_cycles : pair of int
    lowest_ce_fraction : float
        CE falls below this, from ``first_judged_cycle`` on.
    ce_drop_fraction : float
        Or the median of five CE drops by this below the highest such median before.
    first_judged_cycle : int
        Earlier cycles form the SEI.
    polarised_V : float
        The plateau of a half-cycle exceeds this.
    polarised_ratio : float
        Or the hysteresis exceeds so many times its median in ``polarisation_cycles``.
    polarisation_cycles : pair of int
    completed_fraction : float
        Or plating reaches its cutoff before this share of its charge in those cycles.
    shorted_V, shorted_s : float
        The plateaus of both half-cycles lie within so many volt of 0 V for so long.
    full_fraction : float
        Li||LTO falls short where a discharge passes less than this share of the five before.
    """

    retention_fraction: float = 0.80
    reference_cycles: tuple[int, int] = (2, 4)
    lowest_ce_fraction: float = 0.90
    ce_drop_fraction: float = 0.02
    first_judged_cycle: int = 3
    polarised_V: float = 0.5
    polarised_ratio: float = 3.0
    polarisation_cycles: tuple[int, int] = (3, 5)
    completed_fraction: float = 0.95
    shorted_V: float = 0.001
    shorted_s: float = 60.0
    full_fraction: float = 0.995


@dataclass(frozen=True)
class EndOfLife:
    """What ended a cell, and when.

    Attributes
    ----------
    event : str
        "stopped" where the test ended before the cell did.
    cycle : int
        The life: the first failing cycle; for "lithium_exhausted" the number of full
        cycles before it, as papers count; for "stopped" the last finished cycle.
    is_censored : bool
        Whether the cell outlived its test.
    reason : str
        One sentence.
    """

    event: Event
    cycle: int
    is_censored: bool
    reason: str


@dataclass(frozen=True, eq=False)
class _Finding:
    """One rule applied: which cycles fail it, and what that means."""

    event: Event
    cycle: NDArray[np.int64]
    is_failing: Mask
    meaning: str


DEFAULT_RULES = EndOfLifeRules()


def end_of_life(cell: Cell, rules: EndOfLifeRules = DEFAULT_RULES) -> EndOfLife:
    """Return the first event that two of three consecutive cycles confirm.

    Parameters
    ----------
    cell : Cell
    rules : EndOfLifeRules

    Raises
    ------
    NotMeasured
        If the cell has no finished cycle.
    """
    findings = list(_findings(cell, rules))
    if not findings:
        raise NotMeasured("there is no time series of current")
    lives = [(first, f) for f in findings if (first := first_confirmed(f.is_failing)) is not None]
    if not lives:
        last = int(findings[0].cycle[-1])
        return EndOfLife(
            "stopped", last, True, f"the test ended after cycle {last}, no event is confirmed"
        )
    row, found = min(lives, key=lambda life: int(life[1].cycle[life[0]]))  # first rule wins a tie
    failing = int(found.cycle[row])
    life = failing - 1 if found.event == "lithium_exhausted" else failing
    return EndOfLife(
        found.event,
        life,
        False,
        f"{found.meaning} in cycle {failing} and in at least one of the next two",
    )


def first_confirmed(is_failing: Mask) -> int | None:
    """Return the first failing cycle, from 0, with another failure in the next two.

    Examples
    --------
    >>> first_confirmed(np.array([True, False, False, True, False, True]))
    3
    """
    later = np.concatenate([is_failing[1:], [False, False]])
    is_confirmed = is_failing & (later[:-1] | later[1:])
    return int(np.argmax(is_confirmed)) if is_confirmed.any() else None


def lithium_balance(cell: Cell) -> tuple[float, float]:
    """Return the lithium in excess and the capacity cycled, both in mAh cm-2.

    Raises
    ------
    NotMeasured
        If the recipe does not state both, there is no excess, or no lithium metal.
    """
    design = cell.recipe.cell
    if design.type not in (*LITHIUM_FREE, *LITHIATED):
        raise NotMeasured(f"{design.type} has no lithium in excess of a positive electrode")
    lithium = design.lithium_capacity_mAh_cm2
    cycled = cell.recipe.protocol.areal_capacity_mAh_cm2 or design.positive_capacity_mAh_cm2
    if lithium is None or not cycled:
        raise NotMeasured("the recipe states no lithium capacity, or no capacity that is cycled")
    excess = lithium - cycled if design.type in LITHIUM_FREE else lithium
    if not excess > 0:
        raise NotMeasured(f"{lithium:g} mAh/cm2 of lithium is no excess over {cycled:g} mAh/cm2")
    return excess, cycled


def full_cycles(cell: Cell, rules: EndOfLifeRules = DEFAULT_RULES) -> tuple[int, bool]:
    """Return how many cycles ran full, and whether a confirmed short one follows them.

    Examples
    --------
    With 7 mAh/cm2 of lithium in excess, 3 cycled and 20 full cycles, CE is 1 - 7 / 60.

    >>> round(1 - 7 / (20 * 3), 3)
    0.883
    """
    is_short = _short_discharges(cell, rules)
    first = first_confirmed(is_short)
    return (is_short.size, False) if first is None else (first, True)


def _findings(cell: Cell, rules: EndOfLifeRules) -> Iterator[_Finding]:
    """Yield every rule that applies to the cell's type, the most telling first."""
    if cell.cycling is None or cell.has_time_series:
        yield from _findings_of_half_cycles(cell, rules)
    if not cell.is_full_cell:
        return
    cycle, capacity_Ah = _discharges(cell)
    if cell.recipe.cell.type in LITHIUM_FREE and cell.has_time_series:
        short = _short_discharges(cell, rules)
        yield _Finding("lithium_exhausted", cycle, short, "the discharge falls short")
    is_reference = (cycle >= rules.reference_cycles[0]) & (cycle <= rules.reference_cycles[1])
    is_low = np.zeros(cycle.size, dtype=bool)
    if is_reference.any():
        reference_Ah = float(np.median(capacity_Ah[is_reference]))
        is_low = capacity_Ah < rules.retention_fraction * reference_Ah
    meaning = f"discharge capacity is below {rules.retention_fraction:.0%} of its reference"
    yield _Finding("retention", cycle, is_low & (cycle > rules.reference_cycles[1]), meaning)


def _findings_of_half_cycles(cell: Cell, rules: EndOfLifeRules) -> Iterator[_Finding]:
    table = _regular(cell)
    cycle = table["cycle"].to_numpy()
    shorted = f"both plateaus lie within {1000 * rules.shorted_V:g} mV of 0 V"
    yield _Finding("hard_short", cycle, _is_shorted(table, rules), shorted)
    flagged = {flag.cycle for flag in signs_of_short(cell)}
    is_flagged = np.isin(cycle, np.array(sorted(flagged), dtype=np.int64))
    yield _Finding("soft_short", cycle, is_flagged, "signs of a soft short are seen")
    if not cell.is_full_cell:
        is_polarised = _is_polarised(cell, table, rules)
        yield _Finding("polarisation", cycle, is_polarised, "the cell polarises beyond its limits")
    if cell.recipe.cell.type == "Li||Cu":
        meaning = f"CE is below {rules.lowest_ce_fraction:g}, or has left its plateau,"
        yield _Finding("ce_collapse", cycle, is_collapsed(table, rules), meaning)


def _regular(cell: Cell) -> pd.DataFrame:
    plating_and_stripping(cell)  # refuses a record of activation alone
    table = cycles(cell)
    return table[table["kind"] != "activation"].reset_index(drop=True)


def _is_shorted(table: pd.DataFrame, rules: EndOfLifeRules) -> Mask:
    limit_mV = 1000 * rules.shorted_V
    plateaus_mV = table[["plating_overpotential_mV", "stripping_overpotential_mV"]].abs()
    is_long = table["duration_s"] >= 2 * rules.shorted_s  # both half-cycles
    return np.asarray((plateaus_mV < limit_mV).all(axis=1) & is_long)


def _is_polarised(cell: Cell, table: pd.DataFrame, rules: EndOfLifeRules) -> Mask:
    """Tell which cycles need too high a voltage, or end plating at a cutoff too early."""
    plateaus_mV = table[["plating_overpotential_mV", "stripping_overpotential_mV"]].abs()
    is_high = (plateaus_mV > 1000 * rules.polarised_V).any(axis=1).to_numpy()
    is_reference = table["cycle"].between(*rules.polarisation_cycles).to_numpy()
    if not is_reference.any():
        return np.asarray(is_high)
    is_later = table["cycle"].to_numpy() > rules.polarisation_cycles[1]
    hysteresis_mV = table["hysteresis_mV"].to_numpy()
    usual_mV = float(np.median(hysteresis_mV[is_reference]))
    grows = hysteresis_mV >= rules.polarised_ratio * usual_mV
    plated_Ah = table["plated_Ah"].to_numpy()
    usual_Ah = float(np.median(plated_Ah[is_reference]))
    limit_V = cell.recipe.protocol.lower_cutoff_V
    limit_V = -rules.polarised_V if limit_V is None else limit_V
    is_cut = table["plating_end_V"].to_numpy() <= limit_V + CUTOFF_TOLERANCE_V
    is_cut_early = is_cut & (plated_Ah < rules.completed_fraction * usual_Ah)
    return np.asarray(is_high | (is_later & (usual_mV > 0) & grows) | (is_later & is_cut_early))


def is_collapsed(table: pd.DataFrame, rules: EndOfLifeRules = DEFAULT_RULES) -> Mask:
    """Tell which rows of ``cycle`` and ``ce_fraction`` have too low a CE, or left its plateau."""
    ce = table["ce_fraction"].where(table["cycle"] >= rules.first_judged_cycle)
    medians = ce.rolling(N_MEDIAN).median()
    has_left = medians <= medians.cummax().shift() - rules.ce_drop_fraction
    return np.asarray((ce < rules.lowest_ce_fraction) | has_left)


def _discharges(cell: Cell) -> tuple[NDArray[np.int64], Array]:
    """Return cycles and discharge capacities of a full cell."""
    if cell.cycling is not None and not cell.has_time_series:
        curves = discharge_curves(cell)
        return curves.cycle, curves.discharge_capacity_Ah
    table = _regular(cell)
    return table["cycle"].to_numpy(), table["stripped_Ah"].to_numpy()


def _short_discharges(cell: Cell, rules: EndOfLifeRules) -> Mask:
    """Tell which discharges pass less than those before them at the same current.

    Lithium runs out part of the way through a cycle, so the first short discharge may lack
    little: it counts as well once the next ones confirm the fall.
    """
    _, discharging = plating_and_stripping(cell)
    load_A = record_of(cell).load_A(discharging)
    capacity_Ah = record_of(cell).half_cycles.charge_Ah[discharging]
    lacking = np.zeros(load_A.size)
    noise = np.zeros(load_A.size)
    is_short = np.zeros(load_A.size, dtype=bool)
    for row in range(1, load_A.size):
        is_like = np.abs(load_A[:row] - load_A[row]) <= SAME_CURRENT * load_A[row]
        is_like &= ~is_short[:row] & (capacity_Ah[:row] > 0)
        before_Ah = capacity_Ah[:row][is_like][-N_MEDIAN:]
        if before_Ah.size:
            usual_Ah = float(np.median(before_Ah))
            lacking[row] = 1 - capacity_Ah[row] / usual_Ah
            noise[row] = float(np.std(before_Ah)) / usual_Ah
        is_short[row] = lacking[row] > 1 - rules.full_fraction
    first = first_confirmed(is_short)
    if first and lacking[first - 1] > max(LEAST_LACK, NOISE_MULTIPLE * noise[first - 1]):
        is_short[first - 1] = True
    return is_short
