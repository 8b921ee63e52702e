import numpy as np
import pytest

from training.virtual_lab.life import collapse_cycle, first_confirmed_cycle, polarised_cycle


@pytest.mark.parametrize(
    ("failing", "cycle"),
    [
        ([], None),
        ([0, 0, 0], None),
        ([0, 0, 1], None),
        ([1, 0, 0, 1], None),
        ([0, 1, 1, 0], 2),
        ([0, 1, 0, 1], 2),
        ([1, 0, 0, 1, 0, 1], 4),
    ],
)
def test_one_bad_cycle_is_no_death_but_two_of_three_are(failing, cycle):
    """A single outlier is a measurement; the rule wants it confirmed."""
    assert first_confirmed_cycle(np.array(failing, dtype=bool)) == cycle


def test_a_steady_efficiency_is_no_collapse_and_a_lost_plateau_is():
    """Two points below the best plateau count, as below 90 %."""
    steady = np.full(60, 0.975)
    fallen = np.where(np.arange(60) < 30, 0.975, 0.95)
    assert collapse_cycle(steady) is None
    assert 30 < collapse_cycle(fallen) <= 35


def test_formation_is_not_judged():
    assert collapse_cycle(np.array([0.5, 0.5, *np.full(30, 0.97)])) is None


def test_polarisation_is_three_times_the_usual_or_half_a_volt():
    steady_V = np.full((40, 2), 0.05)
    grown_V = steady_V * np.where(np.arange(40) < 20, 1, 3.1)[:, np.newaxis]
    assert polarised_cycle(steady_V) is None
    assert polarised_cycle(grown_V) == 21
    assert polarised_cycle(np.full((10, 2), 0.6)) == 1
