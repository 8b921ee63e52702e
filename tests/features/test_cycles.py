from dataclasses import replace

import numpy as np
import pytest

from features.cycles import cycles, record_of
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

CE = [0.8, 0.9, 0.95]


@pytest.mark.parametrize("rest_s", [0.0, 600.0])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("area_cm2", [0.5, 2.0])
def test_every_cycle_returns_the_charges_and_plateaus_put_in(
    make_li_cu_cell, rest_s, sign, area_cm2
):
    """Steps of constant current are integrated exactly, in either wiring, with or without rest."""
    cell = make_li_cu_cell(
        n_cycles=3,
        ce=CE,
        plating_mV=[20, 21, 22],
        stripping_mV=[30, 31, 32],
        areal_capacity_mAh_cm2=2.0,
        rest_s=rest_s,
        sign=sign,
        area_cm2=area_cm2,
    )
    table = cycles(cell)
    assert table["cycle"].tolist() == [1, 2, 3]
    assert table["plated_Ah"].to_numpy() == pytest.approx(2e-3 * area_cm2)
    assert table["stripped_Ah"].to_numpy() == pytest.approx(2e-3 * area_cm2 * np.array(CE))
    assert table["ce_fraction"].to_numpy() == pytest.approx(CE)
    assert table["plating_overpotential_mV"].to_numpy() == pytest.approx([20, 21, 22])
    assert table["stripping_overpotential_mV"].to_numpy() == pytest.approx([30, 31, 32])


def test_a_pause_within_a_step_does_not_end_it(make_li_cu_cell):
    """A power cut leaves one plating, not two; the current is taken to end halfway to it."""
    cell = make_li_cu_cell(n_cycles=2, ce=0.9)
    cycling = cell.cycling.copy()
    cycling.loc[20, ["current_ampere", "voltage_volt"]] = 0.0
    table = cycles(replace(cell, cycling=cycling))
    assert len(table) == 2
    assert table["plated_Ah"].iloc[0] == pytest.approx(1e-3 * 39 / 40)


def test_a_plating_without_stripping_is_no_cycle(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=2)
    plated_again = replace(cell, cycling=cell.cycling.head(3 * 41))
    assert len(record_of(plated_again).half_cycles) == 3
    assert len(cycles(plated_again)) == 1


def test_plating_only_is_not_measured(make_li_cu_cell):
    cell = make_li_cu_cell()
    with pytest.raises(NotMeasured, match="not one cycle"):
        cycles(replace(cell, cycling=cell.cycling.head(41)))


def test_a_cycle_without_charge_has_no_efficiency(make_li_cu_cell):
    """One row of plating is no charge to divide by."""
    cell = make_li_cu_cell()
    table = cycles(replace(cell, cycling=cell.cycling.iloc[40:].reset_index(drop=True)))
    assert table["ce_fraction"].isna().iloc[0]
    assert table["ce_fraction"].notna().iloc[1:].all()


def test_a_record_of_rest_alone_is_not_measured(make_li_cu_cell):
    cell = make_li_cu_cell()
    with pytest.raises(NotMeasured, match="no current flows"):
        cycles(replace(cell, cycling=cell.cycling.assign(current_ampere=0.0)))


def test_no_cycling_is_not_measured(make_li_cu_cell):
    with pytest.raises(NotMeasured, match="no cycling data"):
        record_of(make_li_cu_cell(n_cycles=0))


def test_capacity_voltage_curves_show_no_record_of(make_full_cell):
    recipe = Recipe(CellDesign("anode-free"))
    curves = make_full_cell(n_cycles=3, recipe=recipe)
    with_current = replace(curves, cycling=curves.cycling.assign(current_ampere=-1e-3))
    for cell in (curves, with_current):
        with pytest.raises(NotMeasured, match="no time series"):
            record_of(cell)


@pytest.mark.parametrize("type", ["Li||Cu", "anode-free", "Li||Li"])
def test_every_cell_that_plates_on_its_working_electrode_is_read(make_li_cu_cell, type):
    assert len(cycles(make_li_cu_cell(recipe=Recipe(CellDesign(type))))) == 5


def test_a_half_cycle_without_rows_on_its_plateau_has_none(make_li_cu_cell):
    """Two rows a step give the charge, and no voltage between the ends."""
    table = cycles(make_li_cu_cell(n_rows=2, ce=0.9))
    assert table["ce_fraction"].to_numpy() == pytest.approx(0.9)
    assert table["plating_overpotential_mV"].isna().all()
