"""Run one virtual cell: draw its scatter, simulate its life, record what a lab would record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InvalidRecord
from features.recipe import Recipe
from features.records import Cell, Source
from training.virtual_lab import li_cu, li_li, li_lto
from training.virtual_lab.chemistry import History, Scatter, history_of
from training.virtual_lab.life import HORIZON_CYCLES

LAB = "Seicast virtual lab"
#: Cycles, both included, over which the true CE is averaged; formation is over by then.
CE_WINDOW_CYCLES = (5, 50)
#: Own: scatter between replicates, as standard deviation of the natural logarithm.
REPLICATE_SPREAD = {
    "thickness_ratio": 0.05,
    "loss_ratio": 0.06,
    "roughening_ratio": 0.10,
    "endurance_ratio": 0.15,
}
#: Own: scatter of the lost charge from cycle to cycle, likewise.
CYCLE_SPREAD = 0.03


@dataclass(frozen=True)
class Bench:
    """How one type of cell is cycled and when it is dead."""

    cycling: Callable[
        [Recipe, History, float, int, tuple[np.random.Generator, np.random.Generator]], pd.DataFrame
    ]
    cycle_life: Callable[[Recipe, History], int | None]


BENCHES = {
    "Li||Cu": Bench(li_cu.cycling, li_cu.cycle_life),
    "Li||Li": Bench(li_li.cycling, li_li.cycle_life),
    "Li||LTO": Bench(li_lto.cycling, li_lto.cycle_life),
}


@dataclass(frozen=True, eq=False)
class VirtualCell:
    """A simulated cell beside the truth about it.

    Attributes
    ----------
    cell : Cell
        What a lab would have recorded; its source is marked "simulated".
    true_ce_fraction : float
        Mean true CE of cycles 5 to 50, or to death where that comes first; of the
        cycle of death alone where even cycle 5 is not reached.
    true_cycle_life_cycles : int
        Li||Cu: first cycle of the CE collapse (CE < 0.90 in two of three consecutive
        cycles). Li||Li: likewise of polarisation (plateau above 0.5 V). Li||LTO: full
        cycles before the lithium falls short. Where censored, the cycles survived.
    is_censored : bool
        The cell outlived the horizon of the simulation.
    ce_per_cycle_fraction : float array of shape (horizon_cycles,)
        True CE of cycles 1, 2, ...
    """

    cell: Cell
    true_ce_fraction: float
    true_cycle_life_cycles: int
    is_censored: bool
    ce_per_cycle_fraction: NDArray[np.float64]


def simulate(
    recipe: Recipe,
    *,
    seed: int,
    n_cycles: int = 50,
    area_cm2: float = 0.5,
    spectrum_cycles: Sequence[int] = (),
) -> VirtualCell:
    """Return one simulated cell.

    Parameters
    ----------
    recipe : Recipe
        ``Li||Cu``, ``Li||Li`` or ``Li||LTO``; coating, electrolyte, current density and
        capacity must be stated. Modulus and conductivity of a coating may be null.
    seed : int
        0 or more. The same seed and recipe give the same cell, another seed a replicate.
    n_cycles : int
        Cycles of raw data; the truth does not depend on it.
    area_cm2 : float
    spectrum_cycles : sequence of int
        Impedance spectra after so many cycles, 0 being the fresh cell. They are those of
        a symmetric Li||Li sister with the same coating, electrolyte and cycling.

    Raises
    ------
    InvalidRecord
        If the virtual lab has no such cell, or a fact it needs is missing.

    Notes
    -----
    Raw data go on after death, as a lab that does not watch would record them.

    Examples
    --------
    >>> from training.virtual_lab import founding_recipe, simulate
    >>> simulate(founding_recipe("bare"), seed=0).true_ce_fraction > 0.95
    False
    """
    bench = _bench_of(recipe)
    _check_cycles(n_cycles, spectrum_cycles)
    truth, charge, voltage, impedance = (
        np.random.default_rng([seed, int(recipe.recipe_id, 16), stream]) for stream in range(4)
    )
    history = _history(recipe, truth)
    cell = Cell(
        cell_id=f"virtual-{recipe.recipe_id}-{seed}",
        recipe=recipe,
        source=Source(kind="simulated", lab=LAB, replicate=str(seed)),
        area_cm2=area_cm2,
        cycling=bench.cycling(recipe, history, area_cm2, n_cycles, (charge, voltage)),
        spectra=li_li.spectra(history, area_cm2, spectrum_cycles, impedance),
    )
    life = bench.cycle_life(recipe, history)
    return VirtualCell(
        cell=cell,
        true_ce_fraction=_mean_ce_fraction(history.ce_fraction, life),
        true_cycle_life_cycles=HORIZON_CYCLES if life is None else life,
        is_censored=life is None,
        ce_per_cycle_fraction=history.ce_fraction,
    )


def _bench_of(recipe: Recipe) -> Bench:
    if recipe.cell.type not in BENCHES:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: the virtual lab has no bench for {recipe.cell.type}; "
            f"it has {', '.join(BENCHES)}."
        )
    return BENCHES[recipe.cell.type]


def _check_cycles(n_cycles: int, spectrum_cycles: Sequence[int]) -> None:
    if not 1 <= n_cycles <= HORIZON_CYCLES:
        raise ValueError(f"n_cycles is {n_cycles}; allowed is 1 to {HORIZON_CYCLES}.")
    if any(not 0 <= cycle <= HORIZON_CYCLES for cycle in spectrum_cycles):
        raise ValueError(
            f"spectrum_cycles is {list(spectrum_cycles)}; allowed is 0 to {HORIZON_CYCLES}."
        )


def _history(recipe: Recipe, rng: np.random.Generator) -> History:
    """Return the history of one replicate, its cycles scattered around the ideal."""
    ratios = {name: float(np.exp(rng.normal(0, s))) for name, s in REPLICATE_SPREAD.items()}
    history = history_of(recipe, HORIZON_CYCLES, Scatter(**ratios))
    loss_ratio = np.exp(rng.normal(0, CYCLE_SPREAD, HORIZON_CYCLES))
    return replace(history, ce_fraction=history.ce_fraction**loss_ratio)


def _mean_ce_fraction(ce_fraction: NDArray[np.float64], life_cycles: int | None) -> float:
    first, last = CE_WINDOW_CYCLES
    if life_cycles is not None:
        last = min(last, max(life_cycles, 1))
        first = min(first, last)
    return float(ce_fraction[first - 1 : last].mean())
