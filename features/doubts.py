"""What to doubt in a cell: formulas, shorts, gaps, stuck channels, repaired curves, spectra."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from features.discharge_curves import discharge_curves
from features.errors import NotMeasured
from features.formula import is_readable
from features.half_cycles import current_sign
from features.oriented_record import record_of
from features.recipe import Recipe
from features.records import Cell
from features.scan import Scan
from features.soft_short import soft_short_flags
from features.spectrum_doubts import spectrum_doubts

Array = NDArray[np.float64]

#: A pause this long, and so many times the usual interval between rows, is a gap.
GAP_LEAST_S, GAP_FACTOR = 600.0, 20.0
#: A voltage that does not move in so many rows under current comes from a stuck channel.
N_STUCK_ROWS = 100
#: Charge per area and stated areal capacity differ by less, whatever the protocol.
CHARGE_FACTOR = 30.0
#: Lithium against lithium needs less, even behind a thick film.
HIGHEST_OVERPOTENTIAL_V = 1.5
#: unless the voltage usually does not move from row to row.
USUALLY_STILL = 0.5
#: Kinds of doubt shown of each rule; a cell that shorts does so in many cycles.
MOST_OF_A_KIND = 3
#: The one fact of a recipe that is looked at, as a scan names it.
PHASES = "coating.phases"


def doubts(cell: Cell) -> tuple[str, ...]:
    """Return what speaks against taking a cell's data at face value, a sentence each.

    Parameters
    ----------
    cell : Cell

    Examples
    --------
    >>> from features import CellDesign, Recipe, Source
    >>> doubts(Cell("A1", Recipe(CellDesign("Li||Cu")), Source("measured")))
    ()
    """
    kinds = () if cell.cycling is None else (_misfits, _shorts, _gaps, _stuck, _repairs)
    found = [sentence for kind in kinds for sentence in _told(kind, cell)]
    return (*_of_formulas(cell.recipe), *found, *spectrum_doubts(cell))


def doubts_of_each(cells: Sequence[Cell] | Scan) -> list[tuple[str, ...]]:
    """Return the doubts of each cell; those of a scan have no data, and few formulas."""
    if not isinstance(cells, Scan):
        return list(map(doubts, cells))
    if PHASES in cells.columns:
        return cells.of_each(doubts)
    return [_of_formulas(cells.recipe)] * len(cells)


def data_reasons(cell: Cell) -> tuple[str, ...]:
    """Return what keeps a cell outside every domain: a suspected short, an impossible unit."""
    if cell.cycling is None:
        return ()
    return (*short_reasons(cell), *misfit_reasons(cell))


def misfit_reasons(cell: Cell) -> tuple[str, ...]:
    """Return what does not fit the statements about a cell: another type, area or unit."""
    return () if cell.cycling is None else tuple(_told(_misfits, cell))


def short_reasons(cell: Cell) -> tuple[str, ...]:
    """Return the signs of a short: a cell that shows one never outranks a healthy one."""
    if cell.cycling is None:
        return ()
    try:
        flags = [flag for flag in soft_short_flags(cell) if flag.is_sign_of_short]
    except NotMeasured:
        return ()
    first = {flag.rule: flag for flag in reversed(flags)}
    return tuple(
        f"a soft short is suspected ({rule}, cycle {flag.cycle}): {flag.reason}"
        for rule, flag in sorted(first.items())
    )


def _told(kind: Callable[[Cell], Iterator[str]], cell: Cell) -> list[str]:
    """Return the first sentences of a kind; none where it cannot be looked for."""
    try:
        sentences = list(kind(cell))
    except NotMeasured:
        return []
    more = len(sentences) - MOST_OF_A_KIND
    return sentences[:MOST_OF_A_KIND] + ([f"and {more} more like this"] if more > 0 else [])


def _of_formulas(recipe: Recipe) -> tuple[str, ...]:
    """Return what is to be doubted in the formulas of a coating, of each phase once."""
    phases = () if recipe.coating is None else recipe.coating.phases
    told = [
        f"the formula '{phase.formula}' of phase '{phase.name}' cannot be read, and the phase goes "
        f"by its name: write elements, counts and closed brackets, such as Cu3N"
        for phase in phases
        if phase.formula is not None and not is_readable(phase.formula)
    ]
    return tuple(dict.fromkeys(told))


def _misfits(cell: Cell) -> Iterator[str]:
    """Tell of data that do not fit what is stated of the cell: most often a wrong unit."""
    record = record_of(cell)
    stated = cell.recipe.protocol.areal_capacity_mAh_cm2
    if stated is not None and cell.area_cm2 is not None:
        passed = 1000 * float(record.half_cycles.charge_Ah.max()) / cell.area_cm2
        if not stated / CHARGE_FACTOR <= passed <= stated * CHARGE_FACTOR:
            yield (
                f"a half-cycle passes {passed:.3g} mAh/cm2 at most, the protocol states "
                f"{stated:g}: check the units of time and current, and the area"
            )
    plateaus_V = np.abs(record.plateau_V[np.isfinite(record.plateau_V)])
    usual_V = float(np.median(plateaus_V)) if plateaus_V.size else 0.0
    if not cell.is_full_cell and usual_V > HIGHEST_OVERPOTENTIAL_V:
        yield (
            f"the cell plates and strips at {usual_V:.2f} V, far from 0 V: it is hardly "
            f"{cell.recipe.cell.type}"
        )


def _shorts(cell: Cell) -> Iterator[str]:
    for flag in soft_short_flags(cell):
        suspicion = "soft short suspected" if flag.is_sign_of_short else "no short can be excluded"
        yield f"{suspicion} ({flag.rule}, cycle {flag.cycle}): {flag.reason}"


def _gaps(cell: Cell) -> Iterator[str]:
    time_s = _column(cell, "test_time_second")
    if time_s.size < 3:
        return
    steps_s = np.diff(time_s)
    for row in np.flatnonzero(steps_s > max(GAP_LEAST_S, GAP_FACTOR * float(np.median(steps_s)))):
        yield f"nothing was recorded for {steps_s[row] / 3600:.2g} h after row {row}"


def _stuck(cell: Cell) -> Iterator[str]:
    """Tell of long stretches of exactly one voltage while a current flows."""
    voltage_V = _column(cell, "voltage_volt")
    is_loaded = current_sign(_column(cell, "current_ampere"))[1:] != 0
    is_same = (np.diff(voltage_V) == 0) & is_loaded
    if is_same.sum() > USUALLY_STILL * is_loaded.sum():
        return  # a coarse voltmeter stands still all the time
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_same.view(np.int8), [0]])))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first >= N_STUCK_ROWS and not _is_limit(cell, float(voltage_V[first])):
            yield (
                f"the voltage stays at exactly {voltage_V[first]:g} V for {end - first} rows from "
                f"row {first} while a current flows: the channel may be stuck"
            )


def _is_limit(cell: Cell, voltage_V: float) -> bool:
    """Tell whether a voltage is held on purpose, at a cutoff."""
    protocol = cell.recipe.protocol
    cutoffs_V = (protocol.upper_cutoff_V, protocol.lower_cutoff_V)
    return any(cutoff is not None and abs(voltage_V - cutoff) < 0.005 for cutoff in cutoffs_V)


def _repairs(cell: Cell) -> Iterator[str]:
    for cycle in discharge_curves(cell).repaired:
        yield f"the discharge curve of cycle {cycle} was faulty, its neighbours' mean stands for it"


def _column(cell: Cell, name: str) -> Array:
    if cell.cycling is None or name not in cell.cycling:
        raise NotMeasured(f"there is no column {name}")
    return np.asarray(cell.cycling[name].to_numpy(dtype=float))
