from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from features.cycles import cycle_columns, cycles, plating_and_stripping, regular_columns
from features.errors import NotMeasured
from features.oriented_record import medians, record_of
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


def test_voltages_are_averaged_over_charge_between_shares_of_it(make_li_cu_cell):
    """A line from 0 to 40 mV has its mean halfway between any two shares."""
    cell = make_li_cu_cell(n_cycles=3, nucleation_mV=0.0)
    cycling = cell.cycling.copy()
    cycling.loc[cycling["current_ampere"] > 0, "voltage_volt"] = np.tile(
        np.linspace(0, 0.04, 41), 3
    )
    record = record_of(replace(cell, cycling=cycling))
    edges = np.array([0.0, 0.33, 0.5, 1.0])
    expected_V = 0.04 * (edges[1:] + edges[:-1]) / 2
    assert record.mean_V(np.array([1, 5]), edges) == pytest.approx(np.tile(expected_V, (2, 1)))
    assert record.mean_V(np.array([0]), edges) == pytest.approx(np.full((1, 3), -0.02))


def test_a_mean_voltage_is_the_same_whatever_is_asked_for_beside_it(make_li_cu_cell):
    """To the last bit: a sum over a bin sees the rows of that bin alone."""
    cell = make_li_cu_cell(n_cycles=20, rest_s=60, plating_mV=20 + np.arange(20))
    noise_V = np.random.default_rng(0).normal(0, 1e-3, len(cell.cycling))
    noisy = cell.cycling.assign(voltage_volt=cell.cycling["voltage_volt"] + noise_V)
    record = record_of(replace(cell, cycling=noisy))
    edges, numbers = np.linspace(0, 1, 101), np.arange(40)
    alone_V = [record.mean_V(numbers[[number]], edges)[0] for number in numbers]
    assert np.array_equal(record.mean_V(numbers, edges), alone_V)
    assert np.array_equal(record.mean_V(numbers[::3], edges), alone_V[::3])


def test_bins_finer_than_the_rows_make_up_the_bins_that_hold_them(make_li_cu_cell):
    """Three rows a half-cycle: most bins lie between two rows."""
    record = record_of(make_li_cu_cell(n_cycles=2, n_rows=3, nucleation_mV=5.0))
    fine_V = record.mean_V(np.arange(4), np.linspace(0, 1, 101))
    coarse_V = record.mean_V(np.arange(4), np.array([0.0, 0.1, 1.0]))
    assert fine_V[:, :10].mean(axis=1) == pytest.approx(coarse_V[:, 0])
    assert fine_V[:, 10:].mean(axis=1) == pytest.approx(coarse_V[:, 1])


@pytest.mark.parametrize("shape", [(1, 1), (5, 2), (4, 7), (3, 2, 8)])
def test_medians_of_rows_are_those_of_numpy(shape):
    rows = np.random.default_rng(0).normal(size=shape)
    rows[0] = np.nan
    assert np.array_equal(medians(rows), np.median(rows, axis=-1), equal_nan=True)


def test_columns_and_table_hold_the_same_cycles(varied_cells):
    """Descriptors read the columns, people the table."""
    for cell in varied_cells(6).values():
        with suppress(NotMeasured):
            columns, table = cycle_columns(cell), cycles(cell)
            assert list(columns) == list(table.columns)
            for name, values in columns.items():
                assert np.array_equal(table[name].to_numpy(), values, equal_nan=name != "kind")
            is_kept = (table["kind"] != "activation").to_numpy()
            assert regular_columns(cell)["cycle"].tolist() == table["cycle"][is_kept].tolist()


@pytest.mark.parametrize("sign", [1, -1])
def test_the_load_is_the_current_without_sign(make_li_cu_cell, sign):
    record = record_of(make_li_cu_cell(current_density_mA_cm2=2.0, sign=sign, rest_s=60))
    assert record.load_A(np.array([0, 1, 4])) == pytest.approx(2e-3)


@pytest.mark.parametrize(("n_rows", "has_shape"), [(30, True), (29, False)])
def test_a_shape_takes_thirty_rows(make_li_cu_cell, n_rows, has_shape):
    record = record_of(make_li_cu_cell(n_rows=n_rows))
    assert record.has_shape(np.array([0, 3])).tolist() == [has_shape, has_shape]


def test_a_rest_belongs_to_the_half_cycle_before_it(make_li_cu_cell):
    record = record_of(make_li_cu_cell(n_cycles=2, rest_s=60))
    assert [record.rest(number) for number in (0, 3)] == [slice(41, 46), slice(179, 184)]
    assert record_of(make_li_cu_cell()).rest(0) == slice(41, 41)


def test_platings_and_strippings_are_numbered_without_activation(make_li_cu_cell):
    plating, stripping = plating_and_stripping(make_li_cu_cell(n_cycles=3))
    assert (plating.tolist(), stripping.tolist()) == ([0, 2, 4], [1, 3, 5])


def test_activation_alone_plates_nothing(make_steps_cell):
    falling_V = np.linspace(0.4, 0.01, 30)
    steps = [(-0.01, 1.0, falling_V), (0.01, 0.5, falling_V[::-1])] * 3
    cell = make_steps_cell(steps, Recipe(CellDesign("Li||Cu")))
    with pytest.raises(NotMeasured, match="activation alone"):
        plating_and_stripping(cell)
