"""Cells that fall into too few groups are told how many it takes."""

import pytest

from training.described import fewest_groups
from training.run_config import load_config
from training.splits import grouped_folds


@pytest.mark.parametrize("n_test_folds", [2, 3, 5, 10])
@pytest.mark.parametrize("n_selection_folds", [2, 3, 5])
def test_so_many_groups_can_be_dealt_out_twice_and_one_less_cannot(n_test_folds, n_selection_folds):
    config = load_config("coulombic_efficiency-virtual-recipe").model_copy(
        update={"n_test_folds": n_test_folds, "n_selection_folds": n_selection_folds}
    )
    needed = fewest_groups(config)
    for n_groups, is_enough in ((needed, True), (needed - 1, False), (needed + 7, True)):
        groups = [str(row) for row in range(n_groups)]
        folds = grouped_folds(groups, min(n_test_folds, n_groups), seed=0) if n_groups > 1 else []
        learnt = [len(train) for train, _ in folds] or [0]
        assert (min(learnt) >= n_selection_folds) == is_enough
