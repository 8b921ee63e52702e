import numpy as np
import pytest

from features.errors import InvalidRecord
from training.splits import family_folds, grouped_folds, repeated_grouped_folds

GROUPS = [f"paper {number % 7}" for number in range(30)]


@pytest.mark.parametrize("n_folds", [2, 5, 7])
def test_no_group_stands_on_both_sides(n_folds):
    """Replicates of a recipe, cells of a paper: remembered is not predicted."""
    for train, held_out in grouped_folds(GROUPS, n_folds, seed=0):
        assert not {GROUPS[row] for row in train} & {GROUPS[row] for row in held_out}


@pytest.mark.parametrize("n_folds", [2, 5, 7])
def test_every_row_is_held_out_exactly_once(n_folds):
    folds = grouped_folds(GROUPS, n_folds, seed=0)
    held_out = np.concatenate([rows for _, rows in folds])
    assert sorted(held_out) == list(range(30))
    assert all(len(train) + len(out) == 30 for train, out in folds)


def test_a_seed_makes_folds_repeatable_and_another_shuffles_them():
    first, second, other = (grouped_folds(GROUPS, 3, seed=seed) for seed in (1, 1, 2))
    assert all((a[1] == b[1]).all() for a, b in zip(first, second, strict=True))
    assert any(a[1].tolist() != b[1].tolist() for a, b in zip(first, other, strict=True))


def test_repeats_are_new_shuffles_of_the_same_rows():
    folds = list(repeated_grouped_folds(GROUPS, 3, 2, seed=1))
    assert len(folds) == 6
    assert [rows.tolist() for _, rows in folds[:3]] != [rows.tolist() for _, rows in folds[3:]]
    for part in (folds[:3], folds[3:]):
        assert sorted(np.concatenate([rows for _, rows in part])) == list(range(30))


def test_fewer_groups_than_folds_are_refused_with_both_numbers():
    with pytest.raises(InvalidRecord, match=r"8 grouped folds.*there are 7"):
        grouped_folds(GROUPS, 8, seed=0)


def test_a_family_is_held_out_with_every_group_that_it_occurs_in():
    """A paper that compares two solvents would tell of the one by the other."""
    families = ["ether", "ether", "ester", "ester", "sulfone"]
    groups = ["paper 1", "paper 2", "paper 2", "paper 3", "paper 4"]
    folds = [(train.tolist(), out.tolist()) for train, out in family_folds(families, groups)]
    assert folds == [([3, 4], [0, 1]), ([0, 4], [2, 3]), ([0, 1, 2, 3], [4])]


def test_a_family_that_is_everywhere_leaves_nothing_to_learn_from():
    with pytest.raises(InvalidRecord, match="Family 'ether' occurs in every group"):
        family_folds(["ether", "ester"], ["paper", "paper"])
