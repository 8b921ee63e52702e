import numpy as np

from models.companions import FEWEST_CELLS, companions


def test_company_is_passed_on():
    """The first and the last are no companions by themselves; the one between joins them."""
    rng = np.random.default_rng(0)
    first, noise = rng.normal(size=(2, 4000))
    between = first + 0.4 * noise
    last = first + 0.8 * noise
    X = np.stack([first, last, between], axis=1)
    assert abs(np.corrcoef(first, last)[0, 1]) < 0.9
    assert companions(X).tolist() == [0, 0, 0]


def test_what_is_the_same_everywhere_goes_alone():
    assert companions(np.ones((20, 2))).tolist() == [0, 1]


def test_a_few_cells_prove_no_company():
    x = np.arange(float(FEWEST_CELLS - 1))
    assert companions(np.stack([x, x], axis=1)).tolist() == [0, 1]


def test_blanks_are_left_aside():
    x = np.arange(20.0)
    other = np.where(x < 10, np.nan, 2 * x)
    assert companions(np.stack([x, other], axis=1)).tolist() == [0, 0]
