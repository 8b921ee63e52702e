import numpy as np
import pytest

from features import describe
from models.scales import scale_of
from training.selection import candidates, select_champion
from training.splits import grouped_folds
from training.targets import labels, target_of


@pytest.fixture(scope="module")
def described(cohort, config):
    """Return the descriptors of the cohort and its lives on the learning scale."""
    table = describe(cohort.cells, config.descriptor_names, config.n_cycles)
    return table, scale_of("log10").forward(labels(cohort, target_of("cycle_life")))


def test_every_model_meets_every_set(config):
    assert [each.label for each in candidates(config)] == [
        "mean.cycles", "ridge.cycles", "mean.recipe", "ridge.recipe",
    ]  # fmt: skip


def test_the_champion_has_the_lowest_error(config, cohort, described):
    champion, rmse = select_champion(config, *described, cohort.groups)
    assert rmse[champion.label] == min(rmse.values())
    assert champion.model == "ridge"
    assert champion.descriptors == config.descriptor_sets[champion.descriptor_set]


def test_the_error_of_the_mean_is_the_one_written_by_hand(config, cohort, described):
    """The mean needs no descriptor, so its error can be had from the labels alone."""
    _, rmse = select_champion(config, *described, cohort.groups)
    y, squares = described[1], []
    for train, held_out in grouped_folds(cohort.groups, config.n_selection_folds, config.seed):
        squares += list((y[held_out] - y[train].mean()) ** 2)
    assert rmse["mean.cycles"] == rmse["mean.recipe"] == pytest.approx(np.sqrt(np.mean(squares)))


def test_of_equals_the_first_named_wins(config_maker, cohort, described):
    """The run file stands the simpler set first; nothing gained is nothing earned."""
    config = config_maker(models=("mean",))
    champion, _ = select_champion(config, *described, cohort.groups)
    assert champion.label == "mean.cycles"
