from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.relaxation import (
    relaxation_jump_mV,
    relaxation_resistance_ohm_cm2,
    relaxation_time_s,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe

LI_CU = Recipe(CellDesign("Li||Cu"))
ALL = [relaxation_jump_mV, relaxation_resistance_ohm_cm2, relaxation_time_s]


@pytest.fixture
def make_cell(make_steps_cell):
    """Return the builder of cells that rest from -10 mV to 0 with a time constant."""

    def build(tau_s=20.0, rest_s=600.0, n_rows=1200, area_cm2=1.0, recipe=LI_CU):
        rest_V = -0.010 * np.exp(-np.linspace(0.5, rest_s, n_rows) / tau_s)
        steps = [(-2.0, 1.0, np.full(31, -0.030)), (2.0, 0.9, np.full(31, 0.030))] * 6
        return make_steps_cell(steps, recipe, rest_V=rest_V, rest_s=rest_s, area_cm2=area_cm2)

    return build


def test_the_jump_is_what_is_lost_within_a_second(make_cell):
    """From -30 mV under load to -10 mV exp(-1/20) one second later."""
    expected_mV = 30 - 10 * np.exp(-1 / 20)
    assert relaxation_jump_mV(make_cell()) == pytest.approx(expected_mV, rel=1e-4)


@pytest.mark.parametrize("area_cm2", [0.5, 2.0])
def test_the_jump_over_the_current_density_is_a_resistance(make_cell, area_cm2):
    """At 2 mA cm-2 each mV is half an ohm cm2, on any area."""
    cell = make_cell(area_cm2=area_cm2)
    assert relaxation_resistance_ohm_cm2(cell) == pytest.approx(relaxation_jump_mV(cell) / 2)


@pytest.mark.parametrize("tau_s", [5.0, 20.0, 80.0])
def test_an_exponential_relaxes_in_its_time_constant(make_cell, tau_s):
    assert relaxation_time_s(make_cell(tau_s)) == pytest.approx(tau_s, rel=0.01)


@pytest.mark.parametrize(("rest_s", "n_rows"), [(50.0, 100), (600.0, 19)])
@pytest.mark.parametrize("function", ALL)
def test_a_short_or_coarse_rest_is_not_read(make_cell, function, rest_s, n_rows):
    with pytest.raises(NotMeasured, match="no rest of 60 s and 20 rows"):
        function(make_cell(rest_s=rest_s, n_rows=n_rows))


def test_a_rest_recorded_too_late_shows_no_jump(make_cell):
    """Where the first row comes 6 s after the load, the jump is over."""
    cell = make_cell(rest_s=600.0, n_rows=1200)
    at_rest = cell.cycling["current_ampere"] == 0
    since_s = at_rest.groupby((~at_rest).cumsum()).cumsum() / 2
    late = replace(cell, cycling=cell.cycling[~at_rest | (since_s > 6)].reset_index(drop=True))
    with pytest.raises(NotMeasured, match="within 5 s"):
        relaxation_jump_mV(late)


def test_a_voltage_that_stands_still_has_no_time_constant(make_cell):
    with pytest.raises(NotMeasured, match="does not change"):
        relaxation_time_s(make_cell(tau_s=0.01))


def test_a_full_cell_rests_after_its_charge(make_steps_cell):
    """The same state in every cycle: 3.5 V under load, 3.4 V one second later, 1 mA cm-2."""
    steps = [
        (1.0, 1.0, np.linspace(3.0, 3.5, 31)),
        (-1.0, 1.0, np.linspace(3.3, 2.5, 31)),
    ] * 3
    cell = make_steps_cell(steps, Recipe(CellDesign("Li||LFP")), rest_V=np.full(40, 3.4))
    assert relaxation_resistance_ohm_cm2(cell) == pytest.approx(100)


def test_a_resistance_needs_an_area(make_cell):
    with pytest.raises(NotMeasured, match="area is not stated"):
        relaxation_resistance_ohm_cm2(replace(make_cell(), area_cm2=None))
