from dataclasses import replace

import numpy as np
import pytest

from features import CellDesign, Coating, Phase, Protocol, Recipe
from features.doubts import MOST_OF_A_KIND, data_reasons, doubts, doubts_of_each, short_reasons
from features.scan import Scan


def test_a_healthy_cell_raises_no_doubt(make_li_cu_cell):
    assert doubts(make_li_cu_cell(n_rows=500)) == ()
    assert short_reasons(make_li_cu_cell(n_rows=500)) == ()


def test_a_recipe_alone_raises_no_doubt(make_li_cu_cell):
    assert doubts(make_li_cu_cell(n_cycles=0)) == ()


def coated(cell, *formulas):
    """Return a cell with a coating of so many phases of one name."""
    share = 1 / len(formulas)
    phases = tuple(Phase("nitride", share, "inorganic", formula) for formula in formulas)
    return replace(cell, recipe=replace(cell.recipe, coating=Coating(phases)))


@pytest.mark.parametrize("n_cycles", [0, 3])
def test_a_formula_that_cannot_be_read_is_told_once(make_li_cu_cell, n_cycles):
    """With a recording or without; and it takes no cell out of the domain."""
    cell = make_li_cu_cell(n_cycles=n_cycles, n_rows=500)
    told = doubts(coated(cell, "(((", "Cu3N", "(((", None))
    assert [doubt for doubt in told if "formula" in doubt] == [
        "the formula '(((' of phase 'nitride' cannot be read, and the phase goes by its name: "
        "write elements, counts and closed brackets, such as Cu3N"
    ]
    assert set(told[1:]) == set(doubts(cell))
    assert data_reasons(coated(cell, "(((")) == data_reasons(cell)


@pytest.mark.parametrize("formula", [None, "Cu3N", "Li6.4La3Zr1.4Ta0.6O12", "(C2H4O)n"])
def test_a_formula_that_is_one_raises_no_doubt(make_li_cu_cell, formula):
    assert doubts(coated(make_li_cu_cell(n_cycles=0), formula)) == ()


@pytest.mark.parametrize("column", ["thickness_nm", "phases"])
@pytest.mark.parametrize("formulas", [("Cu3N",), ("(((",)], ids=str)
def test_a_scan_is_doubted_as_its_cells_are(make_li_cu_cell, column, formulas):
    recipe = coated(make_li_cu_cell(n_cycles=0), *formulas).recipe
    other = coated(make_li_cu_cell(n_cycles=0), "Cu3N)").recipe
    values = {
        "thickness_nm": np.linspace(10, 100, 30).tolist(),
        "phases": [recipe.coating.phases, other.coating.phases] * 15,
    }
    scan = Scan(recipe, {f"coating.{column}": values[column]})
    assert doubts_of_each(scan) == [doubts(cell) for cell in scan] == doubts_of_each(list(scan))


def test_more_stripped_than_plated_is_a_suspected_short(make_li_cu_cell):
    """A soft short looks like the best cell; it must say so itself."""
    cell = make_li_cu_cell(ce=1.02, n_rows=500)
    assert any("soft short suspected" in doubt for doubt in doubts(cell))
    assert any("a soft short is suspected (S4" in reason for reason in short_reasons(cell))


def test_rows_far_apart_do_not_exclude_a_short(make_li_cu_cell):
    cell = make_li_cu_cell(n_rows=20)
    assert any("no short can be excluded" in doubt for doubt in doubts(cell))
    assert short_reasons(cell) == ()


def test_a_night_without_rows_is_told(make_li_cu_cell):
    cell = make_li_cu_cell(n_rows=500)
    time_s = cell.cycling["test_time_second"].to_numpy().copy()
    time_s[700:] += 8 * 3600
    gappy = replace(cell, cycling=cell.cycling.assign(test_time_second=time_s))
    assert any("nothing was recorded for 8 h after row 699" in doubt for doubt in doubts(gappy))


def test_a_stuck_channel_is_told(make_li_cu_cell):
    """The builder's plateaus are constant; noise makes them a measurement, then one sticks."""
    cell = make_li_cu_cell(n_rows=500)
    noise_V = np.random.default_rng(0).normal(0, 1e-4, len(cell.cycling))
    voltage_V = cell.cycling["voltage_volt"] + noise_V
    moving = replace(cell, cycling=cell.cycling.assign(voltage_volt=voltage_V))
    assert not any("stuck" in doubt for doubt in doubts(moving))
    voltage_V.iloc[1100:1300] = -0.02
    stuck = replace(cell, cycling=cell.cycling.assign(voltage_volt=voltage_V))
    assert any("for 199 rows from row 1100" in doubt for doubt in doubts(stuck))


def test_repaired_curves_are_told(make_full_cell):
    cell = make_full_cell(n_cycles=12)
    capacity_Ah = cell.cycling["discharging_capacity_ah"].to_numpy().copy()
    capacity_Ah[cell.cycling["cycle_count"].to_numpy() == 5] *= 40
    faulty = replace(cell, cycling=cell.cycling.assign(discharging_capacity_ah=capacity_Ah))
    assert any("curve of cycle 5 was faulty" in doubt for doubt in doubts(faulty))


@pytest.mark.parametrize("n_cycles", [8])
def test_a_long_list_is_cut_in_the_open(make_li_cu_cell, n_cycles):
    told = doubts(make_li_cu_cell(ce=1.02, n_rows=500, n_cycles=n_cycles))
    assert len(told) == MOST_OF_A_KIND + 1
    assert told[-1] == f"and {n_cycles - MOST_OF_A_KIND} more like this"


def test_hours_sent_as_seconds_are_told_by_the_stated_capacity(make_li_cu_cell):
    """Without a counter of the cycler, the protocol is what the charge is held against."""
    protocol = Protocol(areal_capacity_mAh_cm2=1.0)
    recipe = Recipe(CellDesign("Li||Cu"), protocol=protocol)
    cell = make_li_cu_cell(n_rows=500, recipe=recipe)
    assert not any("protocol states" in doubt for doubt in doubts(cell))
    in_hours = cell.cycling.assign(test_time_second=cell.cycling["test_time_second"] / 3600)
    wrong = replace(cell, cycling=in_hours)
    assert any("mAh/cm2 at most, the protocol states 1" in doubt for doubt in doubts(wrong))
    assert any("protocol states" in reason for reason in data_reasons(wrong))


def test_a_cell_that_lives_at_three_volts_is_hardly_lithium_against_copper(make_li_cu_cell):
    cell = make_li_cu_cell(n_rows=500)
    lifted = cell.cycling.assign(voltage_volt=cell.cycling["voltage_volt"] + 3.4)
    told = doubts(replace(cell, cycling=lifted))
    assert any("hardly Li||Cu" in doubt for doubt in told)


def test_doubts_in_spectra_are_told_with_their_cycle(make_li_cu_cell, make_spectrum):
    """A mirrored spectrum speaks against the cell's data like a gap in its cycling."""
    good, mirrored = make_spectrum(cycle=1), make_spectrum(cycle=4)
    mirrored = replace(mirrored, impedance_ohm=mirrored.impedance_ohm.conj())
    assert doubts(make_li_cu_cell(n_cycles=0, spectra=[good])) == ()
    told = doubts(make_li_cu_cell(n_cycles=0, spectra=[good, mirrored]))
    assert len(told) == 1
    assert told[0].startswith("the impedance spectrum after cycle 4: ")
    assert "sign" in told[0]


def test_the_same_doubt_in_many_spectra_is_told_once(make_li_cu_cell, make_spectrum):
    short = [make_spectrum(cycle=cycle, n_points=5) for cycle in range(6)]
    told = doubts(make_li_cu_cell(n_cycles=0, spectra=short))
    assert sum("5 different frequencies" in sentence for sentence in told) == 1
    assert "(5 more spectra alike)" in told[0]
    (told,) = doubts(make_li_cu_cell(n_cycles=0, spectra=short[:2]))
    assert "(1 more spectrum alike)" in told


def test_doubts_in_spectra_stand_beside_those_of_the_cycling(make_li_cu_cell, make_spectrum):
    told = doubts(make_li_cu_cell(ce=1.02, n_rows=500, spectra=[make_spectrum(n_points=5)]))
    assert any("soft short" in sentence for sentence in told)
    assert any("different frequencies" in sentence for sentence in told)
