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
from training.virtual_lab.activation import activated
from training.virtual_lab.history import History, Scatter, history_of
from training.virtual_lab.interface import Interface, interface_of
from training.virtual_lab.life import HORIZON_CYCLES
from training.virtual_lab.noise import Noise, noise_of
from training.virtual_lab.spectra import resting_spectra, spectra

LAB = "Seicast virtual lab"
#: Cycles, both included, over which the true CE is averaged; formation is over by then.
CE_WINDOW_CYCLES = (5, 50)
#: Growth of the SEI is judged after so many cycles, dead or not.
GROWTH_CYCLES = 100
#: Own: scatter between replicates, as standard deviation of the natural logarithm. Films
#: differ most in their flaws, as brittle solids do.
REPLICATE_SPREAD = {
    "thickness_ratio": 0.05,
    "shielding_ratio": 0.15,
    "endurance_ratio": 0.25,
    "loss_ratio": 0.06,
    "roughening_ratio": 0.10,
    "native_sei_ratio": 0.10,
}
#: Own: scatter of the lost charge from cycle to cycle, likewise.
CYCLE_SPREAD = 0.03


@dataclass(frozen=True)
class Bench:
    """How one type of cell is cycled and when it is dead."""

    cycling: Callable[[Recipe, History, Noise, float, int], pd.DataFrame]
    cycle_life: Callable[[Recipe, History, Noise], int | None]


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
        By one rule of ``features.end_of_life`` for each type of cell: ``ce_collapse`` of
        Li||Cu, ``polarisation`` of Li||Li, ``lithium_exhausted`` of Li||LTO. Where
        censored, the cycles survived.
    is_censored : bool
        The cell outlived the horizon of the simulation.
    ce_per_cycle_fraction : float array of shape (horizon_cycles,)
        True CE of cycles 1, 2, ...
    interface : Interface
        True resistances of one interface, fresh and after every cycle.
    """

    cell: Cell
    true_ce_fraction: float
    true_cycle_life_cycles: int
    is_censored: bool
    ce_per_cycle_fraction: NDArray[np.float64]
    interface: Interface

    @property
    def true_r_sei_growth_ratio(self) -> float:
        """Return the SEI's resistance after 100 cycles over that of the fresh cell."""
        sei_ohm_cm2 = self.interface.sei_ohm_cm2
        return float(sei_ohm_cm2[GROWTH_CYCLES] / sei_ohm_cm2[0])


def simulate(
    recipe: Recipe,
    *,
    seed: int,
    n_cycles: int = 50,
    area_cm2: float = 0.5,
    spectrum_cycles: Sequence[int] = (),
    n_activation_cycles: int = 0,
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
        a symmetric Li||Li sister with the same film, electrolyte and cycling.
    n_activation_cycles : int
        Cycles of a coated Li||Cu cell between 0 and 0.4 V ahead of the first plating.

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
    bench = _bench_of(recipe, n_activation_cycles)
    _check_cycles(n_cycles, spectrum_cycles)
    truth, charge, voltage, impedance, deposit, activation = _generators(recipe, seed, 6)
    history = _history(recipe, truth)
    noise = noise_of(charge, deposit, voltage)
    cycling = bench.cycling(recipe, history, noise, area_cm2, n_cycles)
    life = bench.cycle_life(recipe, history, noise)
    return VirtualCell(
        cell=Cell(
            cell_id=cell_id(recipe, seed),
            recipe=recipe,
            source=_source(seed),
            area_cm2=area_cm2,
            cycling=activated(cycling, recipe, area_cm2, n_activation_cycles, activation),
            spectra=spectra(history, area_cm2, spectrum_cycles, impedance),
        ),
        true_ce_fraction=_mean_ce_fraction(history.ce_fraction, life),
        true_cycle_life_cycles=HORIZON_CYCLES if life is None else life,
        is_censored=life is None,
        ce_per_cycle_fraction=history.ce_fraction,
        interface=interface_of(history),
    )


def simulate_rest(
    recipe: Recipe, *, seed: int, time_h: Sequence[float], area_cm2: float = 0.5
) -> Cell:
    """Return a symmetric cell that only rests, with a spectrum at every time.

    Parameters
    ----------
    recipe : Recipe
        ``Li||Li``; the protocol is not run, yet its current tells how a film and its
        flaws share it.
    seed : int
        The same cell as ``simulate`` makes of it, before its first cycle.
    time_h : sequence of float
        Hours since assembly, 0 or more.
    area_cm2 : float

    Raises
    ------
    InvalidRecord
        If the cell is not symmetric, or a fact is missing.
    """
    if recipe.cell.type != "Li||Li":
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: a {recipe.cell.type} cell cannot rest in the virtual lab; "
            f"only Li||Li can."
        )
    if any(hours < 0 for hours in time_h):
        raise ValueError(f"time_h is {list(time_h)}; hours since assembly are 0 or more.")
    truth, impedance = _generators(recipe, seed, 4)[::3]
    return Cell(
        cell_id=f"{cell_id(recipe, seed)}-rest",
        recipe=recipe,
        source=_source(seed),
        area_cm2=area_cm2,
        spectra=resting_spectra(_history(recipe, truth), area_cm2, time_h, impedance),
    )


def cell_id(recipe: Recipe, seed: int) -> str:
    """Return the name of the cell that a recipe and a seed make."""
    return f"virtual-{recipe.recipe_id}-{seed}"


def _bench_of(recipe: Recipe, n_activation_cycles: int) -> Bench:
    if recipe.cell.type not in BENCHES:
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: the virtual lab has no bench for {recipe.cell.type}; "
            f"it has {', '.join(BENCHES)}."
        )
    if n_activation_cycles and recipe.cell.type != "Li||Cu":
        raise InvalidRecord(
            f"Recipe {recipe.recipe_id}: a {recipe.cell.type} cell has no copper to be activated "
            f"on; leave n_activation_cycles at 0."
        )
    return BENCHES[recipe.cell.type]


def _check_cycles(n_cycles: int, spectrum_cycles: Sequence[int]) -> None:
    if not 1 <= n_cycles <= HORIZON_CYCLES:
        raise ValueError(f"n_cycles is {n_cycles}; allowed is 1 to {HORIZON_CYCLES}.")
    if any(not 0 <= cycle <= HORIZON_CYCLES for cycle in spectrum_cycles):
        raise ValueError(
            f"spectrum_cycles is {list(spectrum_cycles)}; allowed is 0 to {HORIZON_CYCLES}."
        )


def _generators(recipe: Recipe, seed: int, n_streams: int) -> list[np.random.Generator]:
    """Return independent generators; the recipe is part of the seed."""
    number = int(recipe.recipe_id, 16)
    return [np.random.default_rng([seed, number, stream]) for stream in range(n_streams)]


def _source(seed: int) -> Source:
    return Source(kind="simulated", lab=LAB, replicate=str(seed))


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
