"""Every figure of the founding paper that the virtual lab has to meet, simulated beside published.

The constants of the laws were calibrated to these very rows: that they come out is a
calibration, no validation. Published figures are of doi:10.1002/adma.201605531; where it
shows a curve and prints no number, the bound says what its text says.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from features.recipe import CellDesign, Recipe
from training.virtual_lab.experiment import VirtualCell, simulate
from training.virtual_lab.film import film_of
from training.virtual_lab.history import history_of
from training.virtual_lab.interface import interface_of, resting_interface
from training.virtual_lab.recipes import (
    CARBONATE_VC,
    ELECTRODEPOSITED_LTO,
    ETHER,
    FOUNDING_COATINGS,
    HOST_LTO,
    LI_LI,
    LI_LTO,
    FoundingCoating,
    founding_recipe,
)

#: Replicates over which CE and resistance are averaged, and of whose lives the median counts.
N_REPLICATES = 48
THICKNESS_nm = np.geomspace(100, 10_000, 81)
OPEN = math.inf

STANDARD: dict[FoundingCoating, Recipe] = {
    coating: founding_recipe(coating) for coating in FOUNDING_COATINGS
}
MILD = founding_recipe("Cu3N+SBR", current_density_mA_cm2=0.25, areal_capacity_mAh_cm2=0.5)
MILD_ETHER = replace(MILD, electrolyte=ETHER)


@dataclass(frozen=True)
class Published:
    """One published figure, and what simulates it.

    Attributes
    ----------
    row : str
        Of the acceptance list, such as "P5".
    quantity, unit : str
    words : str
        What the paper prints.
    low, high : float
        Within which the simulation is to lie; infinite where a side is open.
    simulate : callable
    """

    row: str
    quantity: str
    unit: str
    words: str
    low: float
    high: float
    simulate: Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """A published figure beside its simulation."""

    published: Published
    simulated: float

    @property
    def is_met(self) -> bool:
        """Tell whether the simulation lies within its bounds."""
        return self.published.low <= self.simulated <= self.published.high


def published_beside_simulated() -> list[Comparison]:
    """Return all rows, the same at every call."""
    return [Comparison(row, row.simulate()) for row in PUBLISHED]


def as_text(comparisons: list[Comparison]) -> str:
    """Return the comparison as a table, for a terminal or a page."""
    rows = [
        "| row | quantity | published | to lie within | simulated | met |",
        "|---|---|---|---|---|---|",
    ]
    for each in comparisons:
        told = each.published
        rows.append(
            f"| {told.row} | {told.quantity} | {told.words} | {_bounds(told)} {told.unit} "
            f"| {each.simulated:.4g} {told.unit} | {'yes' if each.is_met else 'NO'} |"
        )
    return "\n".join(rows)


def ce_percent(recipe: Recipe, first: int, last: int) -> float:
    """Return the true CE, averaged over cycles, both included, and over replicates."""
    cells = replicates(recipe)
    return 100 * float(np.mean([cell.ce_per_cycle_fraction[first - 1 : last] for cell in cells]))


def life_cycles(recipe: Recipe) -> float:
    """Return the median life of the replicates."""
    return float(np.median([cell.true_cycle_life_cycles for cell in replicates(recipe)]))


def modulus_GPa() -> float:
    """Return the modulus that the mixing rule gives Cu3N + SBR, where none is stated."""
    film = film_of(replace(FOUNDING_COATINGS["Cu3N+SBR"], youngs_modulus_GPa=None))
    return film.youngs_modulus_GPa if film is not None else 0.0


def best_thickness_um(last_cycle: int) -> float:
    """Return the thickness of ideal Cu3N + SBR films with the highest mean CE from cycle 5 on."""
    recipe, coating = STANDARD["Cu3N+SBR"], FOUNDING_COATINGS["Cu3N+SBR"]
    ce = []
    for thickness_nm in THICKNESS_nm:
        film = replace(coating, thickness_nm=float(thickness_nm))
        ce.append(history_of(replace(recipe, coating=film), last_cycle).ce_fraction[4:].mean())
    return float(THICKNESS_nm[np.argmax(ce)] / 1000)


def sei_ratio(coating: FoundingCoating, cycle: int) -> float:
    """Return R_SEI after so many cycles over that of the fresh cell, at 0.5 mA/cm2, 1 mAh/cm2."""
    interfaces = [cell.interface for cell in replicates(symmetric(coating))]
    return float(np.mean([each.sei_ohm_cm2[cycle] / each.sei_ohm_cm2[0] for each in interfaces]))


def charge_transfer_ratio(coating: FoundingCoating, cycle: int) -> float:
    """Return the same of R_ct."""
    resistances = [
        cell.interface.charge_transfer_ohm_cm2 for cell in replicates(symmetric(coating))
    ]
    return float(np.mean([each[cycle] / each[0] for each in resistances]))


def resting_ratio(coating: FoundingCoating, rest_h: float) -> float:
    """Return R_SEI + R_ct of an ideal cell after so many hours at rest over the fresh one's."""
    history = history_of(symmetric(coating), 1)
    resting = resting_interface(history, np.array([rest_h])).resistance_ohm_cm2[0]
    return float(resting / interface_of(history).resistance_ohm_cm2[0])


def symmetric(coating: FoundingCoating) -> Recipe:
    """Return the recipe of the paper's Li||Li cells."""
    return founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)


def against_lto(design: CellDesign, coating: FoundingCoating = "bare") -> Recipe:
    """Return the recipe of the paper's Li||LTO cells."""
    return founding_recipe(
        coating,
        cell=design,
        electrolyte=CARBONATE_VC,
        current_density_mA_cm2=1.5,
        areal_capacity_mAh_cm2=3.0,
    )


@cache
def replicates(recipe: Recipe) -> tuple[VirtualCell, ...]:
    """Return replicates with hardly any raw data."""
    return tuple(simulate(recipe, seed=seed, n_cycles=1) for seed in range(N_REPLICATES))


def _bounds(told: Published) -> str:
    if math.isinf(told.high):
        return f"{told.low:g} or more"
    return f"{told.low:g} to {told.high:g}"


def _lost_points(coating: FoundingCoating) -> float:
    """Return the CE in percent that a coating loses from its first cycles to cycle 50."""
    return ce_percent(STANDARD[coating], 1, 5) - ce_percent(STANDARD[coating], 46, 50)


def _gain_percent() -> float:
    bare, coated = (life_cycles(against_lto(HOST_LTO, c)) for c in ("bare", "Cu3N+SBR"))
    return 100 * (coated / bare - 1)


_COATED = STANDARD["Cu3N+SBR"]
# fmt: off
PUBLISHED = (
    Published("P1", "thickness of highest CE, cycles 5-50", "um", "about 1", 0.7, 1.5,
              lambda: best_thickness_um(50)),
    Published("P1", "thickness of highest CE, cycles 5-150", "um", "about 1", 0.7, 1.5,
              lambda: best_thickness_um(150)),
    Published("P4", "modulus of Cu3N + SBR", "GPa", "0.71 to 0.81", 0.71, 0.81, modulus_GPa),
    Published("P5", "bare, CE of cycles 1-5", "%", "about 95", 94, 96,
              lambda: ce_percent(STANDARD["bare"], 1, 5)),
    Published("P5", "bare, CE of cycle 50", "%", "about 70", 69, 71,
              lambda: ce_percent(STANDARD["bare"], 50, 50)),
    Published("P5", "coated, CE of cycles 20-70", "%", "97.4", 96.4, 98.4,
              lambda: ce_percent(_COATED, 20, 70)),
    Published("P5", "coated, life", "cycles", "> 100", 100, OPEN, lambda: life_cycles(_COATED)),
    Published("P6", "coated, CE of cycles 1-150", "%", "about 98", 97.3, 98.7,
              lambda: ce_percent(MILD, 1, 150)),
    Published("P6", "coated, life", "cycles", ">= 150", 150, OPEN, lambda: life_cycles(MILD)),
    Published("P7", "coated in ether, CE of cycles 1-300", "%", "98.5", 97.8, 99.2,
              lambda: ce_percent(MILD_ETHER, 1, 300)),
    Published("P7", "coated in ether, life", "cycles", "> 300", 300, OPEN,
              lambda: life_cycles(MILD_ETHER)),
    Published("P8", "composite less Cu3N alone, CE of cycles 5-50", "points", "better", 0.5, OPEN,
              lambda: ce_percent(_COATED, 5, 50) - ce_percent(STANDARD["Cu3N"], 5, 50)),
    Published("P8", "composite less SBR alone, CE of cycles 5-50", "points", "better", 0.5, OPEN,
              lambda: ce_percent(_COATED, 5, 50) - ce_percent(STANDARD["SBR"], 5, 50)),
    Published("P8", "Cu3N alone less composite, CE of cycles 1-5", "points", "starts high", -1, 1,
              lambda: ce_percent(STANDARD["Cu3N"], 1, 5) - ce_percent(_COATED, 1, 5)),
    Published("P8", "Cu3N alone less composite, CE lost by cycle 50", "points", "decays faster",
              1, OPEN, lambda: _lost_points("Cu3N") - _lost_points("Cu3N+SBR")),
    Published("P9", "bare, R_SEI after 200 cycles over fresh", "", "grows steadily", 1.5, OPEN,
              lambda: sei_ratio("bare", 200)),
    Published("P9", "coated, R_SEI after 200 cycles over fresh", "", "nearly constant", 0.8, 1.2,
              lambda: sei_ratio("Cu3N+SBR", 200)),
    Published("P9", "bare, R_ct after 200 cycles over fresh", "", "falls", 0, 0.9,
              lambda: charge_transfer_ratio("bare", 200)),
    Published("P9", "bare, impedance after 5 days at rest over fresh", "", "grows", 1.1, OPEN,
              lambda: resting_ratio("bare", 120)),
    Published("P9", "coated, the same", "", "a small increase", 1.0, 1.05,
              lambda: resting_ratio("Cu3N+SBR", 120)),
    Published("P10", "foil against LTO, life", "cycles", "20", 18, 22,
              lambda: life_cycles(against_lto(LI_LTO))),
    Published("P10", "electrodeposited lithium against LTO, life", "cycles", "8", 7.2, 8.8,
              lambda: life_cycles(against_lto(ELECTRODEPOSITED_LTO))),
    Published("P10", "Li-PI-ZnO host against LTO, life", "cycles", "65", 58.5, 71.5,
              lambda: life_cycles(against_lto(HOST_LTO))),
    Published("P10", "coated host against LTO, life", "cycles", ">= 90", 90, OPEN,
              lambda: life_cycles(against_lto(HOST_LTO, "Cu3N+SBR"))),
    Published("P10", "gain in life by the coating on the host", "%", "about 40", 36, 44,
              _gain_percent),
)
# fmt: on
