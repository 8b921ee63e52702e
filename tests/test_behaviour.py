"""What any chemist would expect of the trained predictors, before looking at a score."""

from dataclasses import replace

import pytest

from features import Cell, InvalidRecord
from models import Predictor
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import load_config
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.recipes import CARBONATE, ETHER, LI_LI, LI_LTO

#: The first recipes of the cohort are the founding paper's; two cells a recipe.
N_CELLS = 160
RECIPE_RUNS = ("coulombic_efficiency-virtual-recipe", "cycle_life-virtual-recipe")
LIFE_FROM_CYCLES = "cycle_life-virtual-20_cycles"


@pytest.fixture(scope="module")
def cells():
    return load_cohort("virtual").cells[:N_CELLS]


@pytest.fixture(scope="module")
def predictors(cells):
    """Return the shipped runs on simulated cells, on half the cohort and with fewer folds."""
    cohort = load_cohort("virtual").subset(tuple(cell.cell_id for cell in cells))
    quick = {"models": ("gaussian_process",), "n_selection_folds": 2, "n_test_folds": 2}
    return {
        name: train(load_config(name).model_copy(update=quick), cohort).predictor
        for name in (*RECIPE_RUNS, LIFE_FROM_CYCLES)
    }


@pytest.fixture(scope="module")
def life(predictors) -> Predictor:
    """Return the predictor of life from recipe and 20 cycles."""
    return predictors[LIFE_FROM_CYCLES]


@pytest.fixture(scope="module")
def founding_cell() -> Cell:
    """Return a cell of the founding paper that no predictor has seen, all properties stated."""
    cell = simulate(founding_recipe("Cu3N+SBR"), seed=5, n_cycles=20).cell
    return with_recipe(cell, "coating", ionic_conductivity_S_cm=1e-5)


def with_recipe(cell, part, **changes):
    """Return the cell with some facts of a part of its recipe changed."""
    recipe = cell.recipe
    return replace(
        cell, recipe=replace(recipe, **{part: replace(getattr(recipe, part), **changes)})
    )


def with_cycling(cell, **factors):
    """Return the cell with some columns of its cycling multiplied."""
    changed = {name: factor * cell.cycling[name] for name, factor in factors.items()}
    return replace(cell, cycling=cell.cycling.assign(**changed))


def with_lower_ce(cell, factor):
    """Return the cell as if only so much of its charge had come back, cycle by cycle."""
    current_A = cell.cycling["current_ampere"]
    stripping = current_A.where(current_A <= 0, factor * current_A)
    return replace(cell, cycling=cell.cycling.assign(current_ampere=stripping))


@pytest.mark.parametrize("run", RECIPE_RUNS)
@pytest.mark.parametrize("electrolyte", [CARBONATE, ETHER], ids=["carbonate", "ether"])
@pytest.mark.parametrize("current_density_mA_cm2", [0.5, 1.0, 2.0])
def test_the_founding_coating_beats_bare_copper(
    predictors, run, electrolyte, current_density_mA_cm2
):
    """The finding of doi:10.1002/adma.201605531, in both of its electrolytes."""
    bare, coated = (
        simulate(
            founding_recipe(
                coating,
                electrolyte=electrolyte,
                current_density_mA_cm2=current_density_mA_cm2,
            ),
            seed=99,
            n_cycles=1,
        ).cell
        for coating in ("bare", "Cu3N+SBR")
    )
    worse, better = predictors[run].predict([bare, coated])
    assert worse.value < better.value
    assert worse.in_domain
    assert better.in_domain


@pytest.mark.parametrize("factor", [0.8, 0.5])
def test_a_much_lower_early_efficiency_never_means_a_longer_life(life, cells, factor):
    """The lithium that does not come back is what a cell dies of."""
    some = cells[::3]
    worse = life.predict([with_lower_ce(cell, factor) for cell in some])
    for before, after in zip(life.predict(some), worse, strict=True):
        assert after.value < before.value, before.cell_id


def test_early_cycles_narrow_what_the_recipe_alone_leaves_open(predictors, cells):
    """Measured data must be worth the wait: intervals shrink for most cells."""
    from_recipe = predictors["cycle_life-virtual-recipe"].predict(cells)
    from_cycles = predictors[LIFE_FROM_CYCLES].predict(cells)
    narrower = [
        late.upper / late.lower < early.upper / early.lower
        for early, late in zip(from_recipe, from_cycles, strict=True)
    ]
    assert sum(narrower) > 0.8 * len(narrower)


@pytest.mark.parametrize("design", [LI_LTO, LI_LI], ids=lambda design: design.type)
def test_another_kind_of_cell_is_flagged(predictors, design):
    """No lithium is plated onto copper there; the numbers mean something else."""
    cell = simulate(founding_recipe("Cu3N+SBR", cell=design), seed=0, n_cycles=20).cell
    for predictor in predictors.values():
        (answer,) = predictor.predict([cell])
        assert not answer.in_domain
        assert f"the cell is {design.type}; training cells are Li||Cu" in answer.reasons


def test_the_founding_cell_itself_is_inside(predictors, founding_cell):
    """Otherwise the refusals below would prove nothing."""
    for predictor in predictors.values():
        (answer,) = predictor.predict([founding_cell])
        assert answer.in_domain, answer.reasons


UNIT_ERRORS = {
    "thickness in pm": lambda cell: with_recipe(cell, "coating", thickness_nm=1e6),
    "thickness in um": lambda cell: with_recipe(cell, "coating", thickness_nm=1.0),
    "modulus in MPa": lambda cell: with_recipe(cell, "coating", youngs_modulus_GPa=800.0),
    "modulus in TPa": lambda cell: with_recipe(cell, "coating", youngs_modulus_GPa=8e-4),
    "conductivity in mS/cm": lambda cell: with_recipe(
        cell, "coating", ionic_conductivity_S_cm=1e-2
    ),
    "conductivity in kS/cm": lambda cell: with_recipe(
        cell, "coating", ionic_conductivity_S_cm=1e-8
    ),
    "stated current in uA": lambda cell: with_recipe(
        cell, "protocol", current_density_mA_cm2=1000.0
    ),
    "stated current in A": lambda cell: with_recipe(cell, "protocol", current_density_mA_cm2=1e-3),
    "stated capacity in uAh": lambda cell: with_recipe(
        cell, "protocol", areal_capacity_mAh_cm2=1000.0
    ),
    "stated capacity in Ah": lambda cell: with_recipe(
        cell, "protocol", areal_capacity_mAh_cm2=1e-3
    ),
    "current in mA": lambda cell: with_cycling(cell, current_ampere=1000.0),
    "current in kA": lambda cell: with_cycling(cell, current_ampere=1e-3),
    "voltage in mV": lambda cell: with_cycling(cell, voltage_volt=1000.0),
    "voltage in kV": lambda cell: with_cycling(cell, voltage_volt=1e-3),
    "area in 10 um2": lambda cell: replace(cell, area_cm2=1000 * cell.area_cm2),
    "area in 1000 cm2": lambda cell: replace(cell, area_cm2=cell.area_cm2 / 1000),
}


@pytest.mark.parametrize("mistake", UNIT_ERRORS)
def test_a_thousandfold_unit_error_is_refused_or_flagged(life, founding_cell, mistake):
    """The commonest mistake of all must never end in a confident answer."""
    try:
        cell = UNIT_ERRORS[mistake](founding_cell)
    except InvalidRecord:
        return
    (answer,) = life.predict([cell])
    assert not answer.in_domain


def test_a_thousandfold_error_moves_an_answer_by_no_more_than_what_was_learnt(
    life, founding_cell, cells
):
    """The guard band: even a flagged answer stays a number a lab has seen."""
    lives = [answer.value for answer in life.predict(cells)]
    for make in UNIT_ERRORS.values():
        try:
            (answer,) = life.predict([make(founding_cell)])
        except InvalidRecord:
            continue
        assert min(lives) / 30 < answer.value < 30 * max(lives)


def test_replicates_are_told_alike_from_their_recipe(predictors, cells):
    """What was made is the same; only measuring can tell two replicates apart."""
    for run in RECIPE_RUNS:
        first, second = predictors[run].predict(cells[:2])
        assert first.value == second.value
    first, second = predictors[LIFE_FROM_CYCLES].predict(cells[:2])
    assert first.value != second.value


def test_cycles_after_the_window_change_nothing(life):
    """A client after 20 cycles and one after 50 get one answer."""
    short, long = (simulate(founding_recipe("Cu3N+SBR"), seed=8, n_cycles=n).cell for n in (20, 50))
    answers = life.predict([short, long])
    assert answers[0] == answers[1]
