import numpy as np
import pytest

from training.virtual_lab.life import first_confirmed_cycle


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
