import numpy as np
import pytest

from features.cycles import cycles
from features.errors import InvalidRecord
from features.recipe import Coating, Phase
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.activation import conversion_mAh_cm2, needs_activation
from training.virtual_lab.recipes import FOUNDING_COATINGS, LI_LI

COATED = founding_recipe("Cu3N+SBR")


@pytest.fixture(scope="module")
def activated():
    return simulate(COATED, seed=0, n_cycles=20, n_activation_cycles=10)


def test_ten_activation_cycles_are_recognised_and_kept_out_of_the_efficiency(activated):
    """0 to 0.4 V at 0.01 mA/cm2 (doi:10.1002/adma.201605531) plates no lithium."""
    table = cycles(activated.cell)
    is_activation = table["kind"] == "activation"
    assert is_activation.to_numpy().tolist() == [True] * 10 + [False] * 20
    assert table["ce_fraction"][is_activation].isna().all()
    assert table["cycle"][~is_activation].tolist() == list(range(1, 21))
    assert table["ce_fraction"][~is_activation].to_numpy() == pytest.approx(
        activated.ce_per_cycle_fraction[:20], abs=1e-3
    )


def test_activation_stays_within_its_limits_and_its_current(activated):
    rows = activated.cell.cycling.query("cycle_count <= 10")
    assert rows["voltage_volt"].between(0, 0.4).all()
    current_A_cm2 = rows["current_ampere"].abs().to_numpy() / activated.cell.area_cm2
    assert current_A_cm2 == pytest.approx(1e-5)


def test_the_record_runs_on_in_time_and_count(activated):
    cycling = activated.cell.cycling
    assert (np.diff(cycling["test_time_second"]) > 0).all()
    assert cycling["cycle_count"].max() == 30


def test_activation_changes_nothing_that_follows(activated):
    plain = simulate(COATED, seed=0, n_cycles=20)
    assert plain.true_cycle_life_cycles == activated.true_cycle_life_cycles
    voltage_V = activated.cell.cycling.query("cycle_count > 10")["voltage_volt"].to_numpy()
    assert np.array_equal(voltage_V, plain.cell.cycling["voltage_volt"])


def test_conversion_takes_three_electrons_a_formula():
    """Cu3N + 3 Li -> Li3N + 3 Cu: 3 F over 204.65 g/mol, of 2.92 g/cm3 in 1 um."""
    pure = Coating((Phase("Cu3N", 1.0, role="inorganic"),), thickness_nm=1000.0)
    expected_mAh_cm2 = 3 * 26801 / 204.65 * 2.92 * 1e-4
    assert conversion_mAh_cm2(pure) == pytest.approx(expected_mAh_cm2, rel=1e-3)
    assert conversion_mAh_cm2(FOUNDING_COATINGS["SBR"]) == 0


def test_only_copper_nitride_on_copper_needs_it():
    assert needs_activation(COATED)
    assert not needs_activation(founding_recipe("SBR"))
    assert not needs_activation(founding_recipe("Cu3N+SBR", cell=LI_LI))


def test_activation_without_copper_is_refused():
    with pytest.raises(InvalidRecord, match="no copper"):
        simulate(founding_recipe("Cu3N+SBR", cell=LI_LI), seed=0, n_activation_cycles=10)
