from features.end_of_life import end_of_life
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.recipes import LI_LI


def test_polarisation_of_bare_lithium_grows_and_under_the_coating_hardly():
    def growth(coating):
        recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
        cycling = simulate(recipe, seed=0, n_cycles=200).cell.cycling
        polarisation_V = cycling["voltage_volt"].abs().groupby(cycling["cycle_count"]).median()
        return polarisation_V.loc[200] / polarisation_V.loc[1]

    assert growth("bare") > 1.5
    assert growth("Cu3N+SBR") < 1.2


def test_a_bare_symmetric_cell_polarises_before_a_coated_one():
    bare, coated = (
        simulate(founding_recipe(c, cell=LI_LI), seed=0).true_cycle_life_cycles
        for c in ("bare", "Cu3N+SBR")
    )
    assert bare < coated


def test_the_project_finds_the_same_death_in_the_record():
    """The label is the rule ``polarisation`` of ``features.end_of_life``, on what was recorded."""
    virtual = simulate(founding_recipe("bare", cell=LI_LI), seed=1)
    life = virtual.true_cycle_life_cycles
    seen = end_of_life(simulate(virtual.cell.recipe, seed=1, n_cycles=life + 10).cell)
    assert seen.event == "polarisation"
    assert abs(seen.cycle - life) <= 2  # the reading of the voltage scatters as well
