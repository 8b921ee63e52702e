import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from models.guard_band import GuardBand

COLUMN = np.array([[1.0], [2.0], [3.0]])


def test_values_inside_the_training_range_pass_unchanged():
    inside = np.linspace(1, 3, 9)[:, None]
    assert (GuardBand().fit(COLUMN).transform(inside) == inside).all()


@pytest.mark.parametrize("n_sd", [0.0, 1.0, 2.5])
def test_the_band_reaches_so_many_standard_deviations_beyond(n_sd):
    """A model may lean out of its range a little, and no further."""
    sd = COLUMN.std()
    held = GuardBand(n_sd).fit(COLUMN).transform(np.array([[-1e9], [1e9]]))
    assert held.ravel() == pytest.approx([1 - n_sd * sd, 3 + n_sd * sd])


def test_blanks_stay_blank_and_do_not_move_the_band():
    """NaN is an answer; the imputer behind decides what it stands for."""
    gappy = np.array([[1.0], [np.nan], [2.0], [3.0]])
    band = GuardBand().fit(gappy)
    assert (band.lower_, band.upper_) == (GuardBand().fit(COLUMN).lower_, band.upper_)
    assert np.isnan(band.transform([[np.nan]])).all()


def test_a_column_of_blanks_has_no_band():
    """What no training cell had cannot be out of range; the domain check speaks of it."""
    band = GuardBand().fit(np.full((3, 1), np.nan))
    assert band.transform([[1e12]]) == [[1e12]]


def test_the_band_shifts_and_stretches_with_its_column():
    """Units are conventions: a + b x must be held at a + b times the bounds."""
    far = np.array([[-7.0], [42.0]])
    plain = GuardBand().fit(COLUMN).transform(far)
    moved = GuardBand().fit(5 + 10 * COLUMN).transform(5 + 10 * far)
    assert moved == pytest.approx(5 + 10 * plain)


def test_columns_do_not_see_each_other():
    both = np.hstack([COLUMN, 100 * COLUMN])
    held = GuardBand().fit(both).transform([[99.0, 99.0]])
    alone = GuardBand().fit(COLUMN).transform([[99.0]])
    assert held[0, 0] == alone[0, 0]
    assert held[0, 1] == 99.0 < GuardBand().fit(100 * COLUMN).upper_[0] + 99.0


def test_its_argument_is_left_alone():
    values = np.array([[1e9]])
    GuardBand().fit(COLUMN).transform(values)
    assert values == [[1e9]]


def test_an_unfitted_band_refuses_to_hold_anything():
    with pytest.raises(NotFittedError):
        GuardBand().transform(COLUMN)
