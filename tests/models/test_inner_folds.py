import numpy as np

from models.inner_folds import N_INNER_FOLDS, DealtFolds


def test_every_row_is_held_out_once():
    y = np.random.default_rng(0).normal(size=23)
    out = np.concatenate([held_out for _, held_out in DealtFolds().split(None, y)])
    assert sorted(out) == list(range(23))


def test_every_fold_holds_short_and_long_lives():
    y = np.arange(50.0)
    for kept, held_out in DealtFolds().split(None, y):
        assert not set(kept) & set(held_out)
        assert abs(y[held_out].mean() - y.mean()) <= N_INNER_FOLDS / 2


def test_the_order_of_cells_decides_nothing():
    y = np.random.default_rng(1).normal(size=20)
    forwards = [set(y[out]) for _, out in DealtFolds().split(None, y)]
    backwards = [set(y[::-1][out]) for _, out in DealtFolds().split(None, y[::-1])]
    assert forwards == backwards


def test_fewer_rows_than_folds_are_left_out_one_by_one():
    """A lab starts with few cells; scikit-learn asks first how many folds there will be."""
    y = np.arange(4.0)
    folds = DealtFolds()
    assert folds.get_n_splits(None, y) == len(list(folds.split(None, y))) == 4
