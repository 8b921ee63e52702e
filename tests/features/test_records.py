import numpy as np
import pandas as pd
import pytest

from features.errors import InvalidRecord
from features.recipe import CellDesign, Protocol, Recipe
from features.records import COLUMN_SETS, CYCLING_COLUMNS, Cell, Source, Spectrum

RECIPE = Recipe(CellDesign("Li||Cu"))


def time_series(**columns):
    table = {
        "test_time_second": [0.0, 1.0, 2.0],
        "current_ampere": [-1e-3, -1e-3, 1e-3],
        "voltage_volt": [-0.1, -0.1, 0.1],
    }
    return pd.DataFrame(table | columns)


def make_cell(cycling, area_cm2=None, recipe=RECIPE):
    return Cell("B12", recipe, Source("measured"), area_cm2, cycling)


def spectrum(frequency_Hz=(10.0, 1.0), impedance_ohm=(1 - 1j, 2 - 2j)):
    return Spectrum(np.array(frequency_Hz), np.array(impedance_ohm))


@pytest.mark.parametrize("columns", COLUMN_SETS)
def test_one_complete_set_of_columns_is_enough(columns):
    table = pd.DataFrame({name: [0.0, 0.0] for name in columns})
    assert make_cell(table).has_time_series == (columns == COLUMN_SETS[0])


@pytest.mark.parametrize("left_out", COLUMN_SETS[0])
def test_an_incomplete_set_is_refused_with_what_is_needed(left_out):
    with pytest.raises(InvalidRecord, match=rf"'B12'.*it needs all of.*{left_out}"):
        make_cell(time_series().drop(columns=left_out))


def test_an_unknown_column_is_refused_by_name():
    """It might be a known quantity in another unit."""
    with pytest.raises(InvalidRecord, match=r"'B12'.*unknown columns \['current_mA'\].*known are"):
        make_cell(time_series(current_mA=1.0))


def test_an_empty_table_is_refused():
    with pytest.raises(InvalidRecord, match="no rows"):
        make_cell(time_series().head(0))


@pytest.mark.parametrize("column", CYCLING_COLUMNS)
def test_every_column_has_a_range_that_includes_its_ends(column):
    low, high = CYCLING_COLUMNS[column]
    make_cell(time_series(**{column: [low, high, high]}))
    for value in (np.nextafter(low, -np.inf), np.nextafter(high, np.inf)):
        with pytest.raises(InvalidRecord, match=f"'B12': {column} is .* in row 0; allowed is"):
            make_cell(time_series(**{column: value}))


def test_millivolt_sent_as_volt_is_refused():
    with pytest.raises(InvalidRecord, match=r"voltage_volt is -100 in row 0.*-10 to 10.*unit"):
        make_cell(time_series(voltage_volt=[-100.0, -100.0, 100.0]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, None])
@pytest.mark.parametrize("column", COLUMN_SETS[0])
def test_what_is_no_number_is_refused_with_its_row(column, value):
    values = time_series()[column].astype(object)
    values.iloc[1] = value
    with pytest.raises(InvalidRecord, match=f"{column} is .* in row 1"):
        make_cell(time_series(**{column: values}))


def test_time_does_not_run_backwards():
    with pytest.raises(InvalidRecord, match="steps backwards in row 2"):
        make_cell(time_series(test_time_second=[0.0, 5.0, 4.0]))


def test_time_may_stand_still():
    """A cycler writes the end of one step and the start of the next at one time."""
    assert make_cell(time_series(test_time_second=[0.0, 5.0, 5.0])).has_time_series


def test_milliampere_sent_as_ampere_are_told_by_the_area():
    """Half a milliampere on a coin cell is possible, half an ampere is not."""
    in_mA = time_series(current_ampere=[-0.5, -0.5, 0.5])
    with pytest.raises(InvalidRecord, match=r"500 mA/cm2 on 1 cm2; at most 200.*in mA"):
        make_cell(in_mA, area_cm2=1.0)
    make_cell(in_mA.assign(current_ampere=in_mA["current_ampere"] / 1000), area_cm2=1.0)


@pytest.mark.parametrize("wrong", [1000.0, 1e-3])
def test_another_unit_of_current_is_told_by_the_protocol(wrong):
    """Small currents in the wrong unit look plausible; beside the protocol they do not."""
    recipe = Recipe(CellDesign("Li||Cu"), protocol=Protocol(current_density_mA_cm2=0.1))
    right = time_series(current_ampere=[-1e-4, -1e-4, 1e-4])
    make_cell(right, 1.0, recipe)
    with pytest.raises(InvalidRecord, match=r"protocol states 0.1 mA/cm2.*0.02 to 50"):
        make_cell(right.assign(current_ampere=right["current_ampere"] * wrong), 1.0, recipe)


def test_a_cell_at_rest_agrees_with_every_protocol():
    recipe = Recipe(CellDesign("Li||Cu"), protocol=Protocol(current_density_mA_cm2=1.0))
    make_cell(time_series(current_ampere=0.0), 1.0, recipe)


def test_current_without_area_cannot_be_judged():
    make_cell(time_series(current_ampere=[-5.0, -5.0, 5.0]))


@pytest.mark.parametrize("area_cm2", [0.0, -1.0, 1e-5, 1e5, np.nan, np.inf])
def test_an_impossible_area_is_refused(area_cm2):
    with pytest.raises(InvalidRecord, match=r"'B12': area_cm2 is .*1e-4 to 1e4"):
        make_cell(None, area_cm2)


def test_current_without_time_makes_no_time_series():
    """Capacity-voltage curves are complete without time; a current beside them adds none."""
    curves = pd.DataFrame(
        {
            "cycle_count": [1.0],
            "voltage_volt": [3.0],
            "discharging_capacity_ah": [0.1],
            "current_ampere": [-1.0],
        }
    )
    assert not make_cell(curves).has_time_series


@pytest.mark.parametrize(
    ("type", "is_full"), [("Li||Cu", False), ("Li||Li", False), ("Li||LTO", True)]
)
def test_a_full_cell_has_two_storing_electrodes(type, is_full):
    assert Cell("A", Recipe(CellDesign(type)), Source("measured")).is_full_cell is is_full


def test_a_spectrum_needs_one_impedance_a_frequency():
    with pytest.raises(InvalidRecord, match="2 frequencies stand beside 1 impedances"):
        spectrum(impedance_ohm=(1 - 1j,))


def test_a_spectrum_is_one_row():
    with pytest.raises(InvalidRecord, match="same length"):
        spectrum(frequency_Hz=((1.0,), (2.0,)), impedance_ohm=((1j,), (2j,)))


@pytest.mark.parametrize("value", [np.nan, complex(1, np.nan), np.inf, 1e13, 1e13j])
def test_an_impedance_is_finite_and_below_an_open_circuit(value):
    with pytest.raises(InvalidRecord, match=r"NaN, or more than 1e\+12 ohm"):
        spectrum(impedance_ohm=(value, 1 - 1j))


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, 1.1e8])
def test_a_frequency_is_positive_and_within_instruments(value):
    with pytest.raises(InvalidRecord, match="above 0 and at most 1e8 Hz"):
        spectrum(frequency_Hz=(value, 1.0))
