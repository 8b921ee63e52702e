from dataclasses import replace

import numpy as np
import pytest

from models.estimators import build
from training.described import described
from training.evaluation import r2
from training.selection import (
    Candidate,
    Trial,
    candidates,
    columns,
    held_out_answers,
    learnt_values,
    select_champion,
)
from training.splits import grouped_folds


@pytest.fixture(scope="module")
def data(cohort, config):
    """Return the described cohort with its lives."""
    return described(config, cohort)[0]


@pytest.fixture(scope="module")
def make_trial(config, data):
    def make(y, model="ridge", X=None):
        candidate = Candidate(model, "cycles", config.descriptor_sets["cycles"])
        X = columns(data, candidate) if X is None else X
        folds = tuple(grouped_folds(data.cohort.groups, 3, 0))
        return Trial(candidate, 0, X, y, data.is_censored, folds)

    return make


def test_every_model_meets_every_set(config):
    assert [each.label for each in candidates(config, 1000)] == [
        "mean.cycles", "ridge.cycles", "mean.recipe", "ridge.recipe",
    ]  # fmt: skip


@pytest.mark.parametrize(("n_cells", "sets"), [(99, {"small"}), (100, {"small", "large"})])
def test_few_cells_carry_no_large_set(config_maker, n_cells, sets):
    """On 41 cells, large sets win the cross-validation and lose the test."""
    of_sizes = {"small": tuple("abcdefg"), "large": tuple("abcdefgh")}
    config = config_maker(descriptor_sets=of_sizes)
    assert {each.descriptor_set for each in candidates(config, n_cells)} == sets


def test_the_smallest_set_stays_where_all_are_large(config_maker):
    config = config_maker(descriptor_sets={"a": tuple("abcdefghi"), "b": tuple("abcdefgh")})
    assert {each.descriptor_set for each in candidates(config, 20)} == {"b"}


def test_the_champion_has_the_lowest_error(config, data):
    champion, rmse = select_champion(config, data)
    assert rmse[champion.label] == min(rmse.values())
    assert champion.model == "ridge"
    assert champion.descriptors == config.descriptor_sets[champion.descriptor_set]


def test_the_error_of_the_mean_is_the_one_written_by_hand(config, cohort, data):
    """The mean needs no descriptor, so its error can be had from the labels alone."""
    _, rmse = select_champion(config, data)
    y, squares = learnt_values(config, data), []
    for train, held_out in grouped_folds(cohort.groups, config.n_selection_folds, config.seed):
        squares += list((y[held_out] - y[train].mean()) ** 2)
    assert rmse["mean.cycles"] == rmse["mean.recipe"] == pytest.approx(np.sqrt(np.mean(squares)))


def test_of_equals_the_first_named_wins(config_maker, data):
    """The run file stands the simpler set first; nothing gained is nothing earned."""
    champion, _ = select_champion(config_maker(models=("mean",)), data)
    assert champion.label == "mean.cycles"


def test_the_mean_of_the_best_is_scored_as_the_mean_of_their_answers(
    config_maker, data, make_trial
):
    """It costs no fit, and fitted as one model it would answer the same."""
    config = config_maker(models=("mean", "ridge", "svr"), n_blended=2, n_selection_folds=3)
    _, rmse = select_champion(config, data)
    assert "mean_of_ridge_and_svr.cycles" in rmse or "mean_of_svr_and_ridge.cycles" in rmse
    label = next(each for each in rmse if each.startswith("mean_of") and each.endswith(".cycles"))
    y = learnt_values(config, data)
    _, answers = held_out_answers(make_trial(y, "blend:ridge+svr"))
    truth = np.concatenate([y[rows] for _, rows in make_trial(y).folds])
    assert rmse[label] == pytest.approx(np.sqrt(np.mean((answers - truth) ** 2)))


def test_an_answer_beyond_a_bound_is_no_error(config_maker, data):
    """And where every test was stopped early, no model can be wrong by too much."""
    config = config_maker(models=("mean",))
    early = replace(data, labels=data.labels / 1e3, is_censored=np.arange(40) % 2 == 0)
    known = replace(early, is_censored=np.zeros(40, dtype=bool))
    assert select_champion(config, early)[1] != select_champion(config, known)[1]


def test_a_permuted_target_teaches_nothing(data, config, make_trial):
    """Of twenty permutations, at most one may look as if something had been learnt."""
    y, found = learnt_values(config, data), []
    for seed in range(20):
        nonsense = np.random.default_rng(seed).permutation(y)
        trial = make_trial(nonsense)
        truth = np.concatenate([nonsense[rows] for _, rows in trial.folds])
        found.append(r2(truth, held_out_answers(trial)[1]))
    assert np.quantile(found, 0.95) <= 0.05


@pytest.mark.parametrize("model", ["ridge", "svr"])
def test_nothing_of_a_held_out_cell_reaches_the_model(data, config, make_trial, model):
    """Imputer, scaler and all sit inside the fold: a wild neighbour changes no other answer."""
    y = learnt_values(config, data)
    plain = make_trial(y, model)
    wild = plain.X.copy()
    _, held_out = plain.folds[0]
    wild[held_out[1:]] = 1e6
    first = [held_out_answers(make_trial(y, model, X))[1][0] for X in (plain.X, wild)]
    assert first[0] == first[1]


def test_the_prior_mean_is_taken_off_before_anything_is_learnt(config_maker, data):
    """What is learnt is the residual; a blank prior is the mean of the others."""
    config = config_maker(prior="log10_ce_loss_fraction")
    values = data.table.values.copy()
    values.loc[values.index[3], "log10_ce_loss_fraction"] = np.nan
    some = replace(data, table=replace(data.table, array=values.to_numpy()))
    prior = values["log10_ce_loss_fraction"].to_numpy()
    gone = learnt_values(config_maker(), some) - learnt_values(config, some)
    assert gone[[0, 1]] == pytest.approx(prior[[0, 1]])
    assert gone[3] == pytest.approx(np.nanmean(prior))


def test_a_prior_that_no_cell_has_takes_nothing_off(config_maker, data):
    """Li||Cu cells state no lithium inventory: their lives are learnt as they are."""
    prior = "log10_ce_loss_fraction"
    values = data.table.values.assign(**{prior: np.nan})
    some = replace(data, table=replace(data.table, array=values.to_numpy()))
    plain, around = (learnt_values(config_maker(**each), some) for each in ({}, {"prior": prior}))
    assert (plain == around).all()


def test_a_candidate_names_a_model_that_can_be_built(config_maker, data):
    config = config_maker(models=("ridge", "svr"), n_blended=2)
    assert build(select_champion(config, data)[0].model, 0)
