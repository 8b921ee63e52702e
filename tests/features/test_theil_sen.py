import numpy as np
import pytest
from scipy.stats import theilslopes

from features.theil_sen import N_MOST, theil_sen_slope


@pytest.mark.parametrize("n_points", [2, 3, 4, 5, 200, 201])
def test_it_is_the_median_of_all_pairwise_slopes(n_points):
    """The number of pairs may be odd or even."""
    rng = np.random.default_rng(0)
    x, y = np.arange(float(n_points)), rng.normal(size=n_points)
    assert theil_sen_slope(x, y) == pytest.approx(theilslopes(y, x).slope, rel=1e-12)


def test_points_above_each_other_have_no_slope():
    assert theil_sen_slope([1, 1, 2], [0, 10, 5]) == pytest.approx(0)


def test_a_long_series_is_thinned_to_a_bounded_number_of_pairs():
    """Pairs of ten thousand points would be fifty million."""
    x = np.arange(20 * N_MOST)
    assert theil_sen_slope(x, 0.25 * x + 3) == pytest.approx(0.25)
