"""Growth of the fitted resistances over the spectra in the window, of one interface's area.

All spectra of known cycle are fitted together, so that each helps its neighbours; spectra
whose arcs cannot be told apart even so take no part in a slope, and no ratio rests on them.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from features.cell_spectra import FittedSpectrum, every_fitted, series
from features.descriptors.impedance_fit import PAPER
from features.errors import NotMeasured
from features.impedance.growth import Course, growth_per_cycle, growth_per_sqrt_h, last_over_first
from features.records import Cell
from features.registry import descriptor

#: Stages of a lithium electrode: first its area grows, later dead lithium lies before it.
BIEKER_2015 = "doi:10.1039/c4cp05865h"
#: Own: a film whose resistance moved by more than this factor is another film.
STABLE_FACTOR = 1.25
SEI, CHARGE_TRANSFER = "SEI", "ct"


@descriptor(version=2, source=PAPER)
def sei_resistance_growth_ratio(cell: Cell) -> float:
    """Return the SEI resistance of the last spectrum over that of the first."""
    return _ratio(cell, SEI)


@descriptor(version=2, source=PAPER)
def sei_resistance_growth_ohm_cm2_per_cycle(cell: Cell) -> float:
    """Return the slope of SEI resistance against cycle number, per interface."""
    _demand_area(cell)
    return growth_per_cycle(_course(cell, SEI)).value


@descriptor(version=2, source="own")
def sei_resistance_growth_ohm_cm2_per_sqrt_h(cell: Cell) -> float:
    """Return the slope of a resting fresh cell's SEI resistance against the root of its age.

    Films that lithium has to diffuse through grow with the square root of time.
    """
    _demand_area(cell)
    return growth_per_sqrt_h(_at_rest(_course(cell, SEI))).value


@descriptor(version=2, source=f"own, after {BIEKER_2015}")
def charge_transfer_resistance_growth_ratio(cell: Cell) -> float:
    """Return the charge-transfer resistance of the last spectrum over that of the first.

    It falls while area is laid bare, and rises again behind dead lithium.
    """
    return _ratio(cell, CHARGE_TRANSFER)


@descriptor(version=2, source=f"own, after {PAPER}")
def interface_resistance_growth_ratio(cell: Cell) -> float:
    """Return SEI and charge-transfer resistance of the last spectrum over those of the first."""
    known = _of_known_cycle(cell)
    first = _told("first", known[0], _interface_ohm)
    return _told("last", known[-1], _interface_ohm) / first


@descriptor(version=2, source=f"own, after {BIEKER_2015}")
def relative_reacting_area_ratio(cell: Cell) -> float:
    """Return the reacting area over that at first, by charge transfer, while the SEI is stable."""
    film = _ratio(cell, SEI)
    if not 1 / STABLE_FACTOR <= film <= STABLE_FACTOR:
        raise NotMeasured(
            f"the SEI's resistance changed {film:.3g}-fold; beyond {STABLE_FACTOR:g} charge "
            f"transfer tells more than area"
        )
    return 1 / _ratio(cell, CHARGE_TRANSFER)


def _ratio(cell: Cell, arc: str) -> float:
    """Return the resistance of an arc in the last spectrum over that in the first."""
    cycles = [each.spectrum.cycle for each in _of_known_cycle(cell)]
    course = _course(cell, arc)
    for name, place in (("first", 0), ("last", -1)):
        if not course.cycle.size or course.cycle[place] != cycles[place]:
            raise NotMeasured(f"R_{arc} cannot be told in the {name} spectrum of known cycle")
    return last_over_first(course).value


def _course(cell: Cell, arc: str) -> Course:
    """Return a resistance over the spectra in which it is known, per interface."""
    _of_known_cycle(cell)
    return series(cell).course(arc)


def _of_known_cycle(cell: Cell) -> list[FittedSpectrum]:
    known = [each for each in every_fitted(cell) if each.spectrum.cycle is not None]
    if len(known) < 2:
        raise NotMeasured("growth needs two spectra of known cycle")
    return known


def _at_rest(course: Course) -> Course:
    """Return the part of a course before the first cycle."""
    rows = np.flatnonzero(course.cycle == 0)
    return replace(
        course,
        resistance=course.resistance[rows],
        log_covariance=course.log_covariance[np.ix_(rows, rows)],
        cycle=course.cycle[rows],
        time_h=course.time_h[rows],
        n_spectra=rows.size,
    )


def _demand_area(cell: Cell) -> None:
    if cell.area_cm2 is None:
        raise NotMeasured("the electrode's area is not stated")


def _interface_ohm(each: FittedSpectrum) -> float:
    return each.interface().value / each.n_interfaces


def _told(name: str, each: FittedSpectrum, reading: Callable[[FittedSpectrum], float]) -> float:
    """Return a reading of a spectrum; say which spectrum lacks it."""
    try:
        return reading(each)
    except NotMeasured as reason:
        raise NotMeasured(f"the {name} spectrum of known cycle: {reason}") from reason
