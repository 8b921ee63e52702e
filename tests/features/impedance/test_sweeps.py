import numpy as np
import pytest

from features.impedance.sweeps import order_of
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 30)
IMPEDANCE_ohm = 5 + 80 / (1 + 1e-3j * 2 * np.pi * FREQUENCY_Hz)


def spectrum(*rows, other_state=1.0):
    """Return rows of one sweep after another, every second in another state."""
    return Spectrum(
        np.concatenate([FREQUENCY_Hz[each] for each in rows]),
        np.concatenate(
            [IMPEDANCE_ohm[each] * (other_state if i % 2 else 1) for i, each in enumerate(rows)]
        ),
    )


ALL, UP = slice(None), slice(None, None, -1)


@pytest.mark.parametrize("rows", [ALL, UP])
def test_one_sweep_of_either_direction_is_sorted(rows):
    order = order_of(spectrum(rows))
    assert (order.is_sorted, order.sweeps, order.n_repeated) == (True, (), 0)


@pytest.mark.parametrize("rows", [(ALL, ALL), (ALL, UP), (UP, ALL), (ALL, slice(5, 25))])
def test_sweeps_over_the_same_range_are_told_apart(rows):
    joined = spectrum(*rows)
    order = order_of(joined)
    assert len(order.sweeps) == 2
    covered = np.concatenate([np.arange(joined.frequency_Hz.size)[each] for each in order.sweeps])
    assert covered.tolist() == list(range(joined.frequency_Hz.size))


def test_the_same_sweep_twice_shows_the_same_state():
    assert order_of(spectrum(ALL, ALL)).is_same_state
    assert not order_of(spectrum(ALL, ALL, other_state=1.2)).is_same_state
    assert order_of(spectrum(ALL, ALL, other_state=1.2)).difference_fraction == pytest.approx(
        0.2 / 1.2
    )


def test_halves_of_one_sweep_in_the_wrong_order_are_not_two():
    order = order_of(spectrum(slice(15, 30), slice(0, 15)))
    assert not order.is_sorted
    assert order.sweeps == ()


def test_repeated_frequencies_are_counted():
    order = order_of(spectrum([0, 1, 1, 2, 3, 3, 3, 4]))
    assert order.is_sorted
    assert order.n_repeated == 3
    assert order.is_same_state


@pytest.mark.parametrize("n_points", [0, 1, 2])
def test_hardly_any_rows_are_in_order(n_points):
    assert order_of(spectrum(slice(n_points))).is_sorted
