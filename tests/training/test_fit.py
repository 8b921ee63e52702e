from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord, UnknownName
from models import Predictor
from training.cohorts import load_cohort
from training.fit import train
from training.retraining import config_for

CYCLES = ("log10_ce_loss_fraction", "hysteresis_mV")


@pytest.fixture
def spy(monkeypatch):
    """Return what every fitted predictor has seen and was asked: (groups, cells asked)."""
    seen, asked = {}, []
    fit, predict = Predictor.fit.__func__, Predictor.predict

    def spying_fit(cls, task, table, labels, groups, provenance, **options):
        predictor = fit(cls, task, table, labels, groups, provenance, **options)
        seen[id(predictor)] = (predictor, set(groups))
        return predictor

    def spying_predict(self, cells, level=0.9, **options):
        if level == 0.9:  # the further levels of the coverage plot ask the same cells
            asked.append((seen[id(self)][1], cells))
        return predict(self, cells, level, **options)

    monkeypatch.setattr(Predictor, "fit", classmethod(spying_fit))
    monkeypatch.setattr(Predictor, "predict", spying_predict)
    return asked


def test_no_scored_cell_has_a_replicate_in_training(spy, config, cohort):
    """The only score that says something about a new recipe."""
    train(config, cohort)
    assert len(spy) == config.n_test_folds
    for groups, cells in spy:
        assert not groups & {cell.recipe.recipe_id for cell in cells}
    assert sum(len(cells) for _, cells in spy) == len(cohort.cells)


def test_every_cell_is_held_out_once(trained, cohort):
    (held_out,) = trained.held_out
    assert held_out.split == "recipes held out"
    assert sorted(held_out.cell_ids) == sorted(cell.cell_id for cell in cohort.cells)
    truth = dict(zip(held_out.cell_ids, held_out.truth, strict=True))
    assert truth == cohort.outcomes["cycle_life_cycles"].to_dict()
    assert not held_out.has_kin.any()


def test_the_predictor_is_fitted_to_all_cells_in_the_end(trained, cohort, config):
    learnt = trained.predictor.provenance
    assert (learnt.n_cells, learnt.n_groups) == (40, 20)
    assert learnt.kinds == {"simulated": 40}
    assert learnt.scores == trained.scores
    assert trained.predictor.n_cycles == config.n_cycles
    assert set(trained.predictor.descriptor_versions) == set(trained.champion.descriptors)


def test_what_can_be_learnt_is_learnt(trained):
    """Early loss tells the life of a simulated cell; the mean does not."""
    (score,) = trained.scores.values()
    assert score["rmse_scale"] < 0.7 * score["rmse_scale_dummy"]


def test_shuffled_outcomes_cannot_be_predicted(cohort, config):
    """If they could, something of the label would lie among the descriptors."""
    rng = np.random.default_rng(0)
    shuffled = cohort.outcomes.iloc[rng.permutation(40)].set_index(cohort.outcomes.index)
    nonsense = train(config, replace(cohort, outcomes=shuffled))
    assert nonsense.scores["recipes held out"]["r2_scale"] <= 0.05


def test_an_outcome_of_the_group_alone_cannot_be_predicted(cohort, config_maker):
    """Replicates share descriptors; a model that had seen one would know the other."""
    rng = np.random.default_rng(1)
    of_group = {group: 10 ** rng.normal(2, 0.3) for group in dict.fromkeys(cohort.groups)}
    life = [of_group[group] for group in cohort.groups]
    outcomes = cohort.outcomes.assign(cycle_life_cycles=life)
    config = config_maker(models=("gaussian_process",), n_test_folds=2, n_selection_folds=2)
    nonsense = train(config, replace(cohort, outcomes=outcomes))
    assert nonsense.scores["recipes held out"]["r2_scale"] <= 0.05


def test_cells_without_a_label_are_counted_and_left_out(cohort, config):
    life = cohort.outcomes["cycle_life_cycles"].where(np.arange(40) >= 6)
    some = replace(cohort, outcomes=cohort.outcomes.assign(cycle_life_cycles=life))
    trained = train(config, some)
    assert trained.n_left_out == 6
    assert trained.predictor.provenance.n_cells == 34
    unknown = {cell.cell_id for cell in cohort.cells[:6]}
    assert not unknown & set(trained.held_out[0].cell_ids)


def test_a_stopped_test_is_scored_as_the_bound_it_is(cohort, config):
    """Its true life is unknown, so it enters coverage and order, and no error."""
    is_censored = np.arange(40) < 6
    some = replace(cohort, outcomes=cohort.outcomes.assign(is_censored=is_censored))
    trained = train(config, some)
    (score,) = trained.scores.values()
    assert (score["n_cells"], score["n_censored"], trained.n_left_out) == (40, 6, 0)


def test_survival_models_learn_from_bounds_what_dropping_them_loses(cohort, config_maker):
    """Where all long lives are cut, what is left says that none is long."""
    life = cohort.outcomes["cycle_life_cycles"]
    cut = float(life.quantile(0.6))
    outcomes = cohort.outcomes.assign(
        cycle_life_cycles=life.clip(upper=cut), is_censored=life > cut
    )
    stopped = replace(cohort, outcomes=outcomes)
    true_log = np.log10(life.to_numpy())
    error = {}
    for model in ("tobit", "ridge"):
        config = config_maker(models=(model,), descriptor_sets={"cycles": CYCLES})
        predictor = train(config, stopped).predictor
        value = [answer.value for answer in predictor.predict(cohort.cells, 0.5, explain=False)]
        error[model] = float(np.sqrt(np.mean((np.log10(value) - true_log) ** 2)))
    assert error["tobit"] < error["ridge"]


def test_a_bound_caps_no_prediction(cohort, config):
    """The longest life is unknown where the longest test was stopped."""
    longest = cohort.outcomes["cycle_life_cycles"] == cohort.outcomes["cycle_life_cycles"].max()
    stopped = replace(cohort, outcomes=cohort.outcomes.assign(is_censored=longest.to_numpy()))
    assert train(config, cohort).predictor.task.cap_ratio == 1.25
    assert train(config, stopped).predictor.task.cap_ratio is None


def test_whole_families_are_held_out_where_the_run_asks_for_it(cohort, config_maker):
    """The hard score: a chemistry nobody has seen, and no group that touches it."""
    families = tuple("bare" if cell.recipe.coating.is_bare else "coated" for cell in cohort.cells)
    of_two = replace(cohort, families=families, family_kind="coating family")
    config = config_maker(holds_out_families=True)
    trained = train(config, of_two)
    assert list(trained.scores) == ["recipes held out", "coating family held out"]
    assert not trained.held_out[1].has_kin.any()


def test_what_does_the_work_does_not_change_the_bytes(cohort, config, trained, tmp_path):
    """Processes finish in any order; the bundle must not show it."""
    parallel = train(config, cohort, executor="local:2")
    assert parallel.scores == trained.scores
    assert parallel.predictor.save(tmp_path / "a") == trained.predictor.save(tmp_path / "b")


def test_a_pair_is_never_parted_from_its_control(cohort, config_maker, spy):
    """The control's outcome is in the label: held out alone, it would tell the answer."""
    ids = [cell.cell_id for cell in cohort.cells]
    controls = dict(zip(ids[2:], ids[:-2], strict=True))
    some = replace(cohort, controls={ids[n]: controls[ids[n]] for n in range(2, 40, 4)})
    some = replace(some, controls=some.controls | {ids[n]: ids[n - 2] for n in range(3, 40, 4)})
    config = config_maker(target="delta_lce", baseline=("log10_coating_thickness_nm",))
    trained = train(config, some)
    assert trained.n_left_out == 20
    groups = dict(zip(ids, some.with_pairs_together().groups, strict=True))
    for learnt, cells in spy:
        assert not learnt & {groups[some.controls[cell.cell_id]] for cell in cells}


@pytest.mark.slow
@pytest.mark.parametrize("target", ["delta_lce", "life_ratio"])
def test_the_labs_own_pairs_teach_what_a_coating_adds(target):
    """Only coated cells are learnt from; a bare one is told that it has nothing to be told."""
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:80]))
    quick = {"models": ("ridge",), "n_blended": 0, "n_selection_folds": 2, "n_test_folds": 2}
    trained = train(config_for(target, "recipe").model_copy(update=quick), some)
    learnt = set(trained.predictor.cells.cell_ids)
    assert learnt <= set(some.controls)
    assert all(some.controls[cell_id] not in learnt for cell_id in learnt)
    bare = next(cell for cell in some.cells if cell.recipe.coating.is_bare)
    (answer,) = trained.predictor.predict([bare], 0.5)
    assert "no coating is stated; every training cell is coated" in answer.reasons


def test_a_predictor_knows_the_chemistry_it_was_trained_on(trained, cohort):
    salts = {
        part.name.casefold() for cell in cohort.cells for part in cell.recipe.electrolyte.salts
    }
    assert salts <= set(trained.predictor.scope.salts)
    assert trained.predictor.scope.ce_methods == ()


def test_a_cohort_of_stopped_tests_is_refused(cohort, config):
    stopped = replace(cohort, outcomes=cohort.outcomes.assign(is_censored=True))
    with pytest.raises(InvalidRecord, match="'handmade' has no cell with a known cycle_life"):
        train(config, stopped)


def test_the_same_seed_makes_the_same_bundle(cohort, config, trained, tmp_path):
    """A result that cannot be had again is an anecdote."""
    again = train(config, cohort)
    assert again.scores == trained.scores
    assert again.predictor.save(tmp_path / "a") == trained.predictor.save(tmp_path / "b")


def test_a_changed_label_changes_the_hash_of_the_data(cohort, config, trained):
    life = cohort.outcomes["cycle_life_cycles"].copy()
    life.iloc[7] += 1
    other = train(config, replace(cohort, outcomes=cohort.outcomes.assign(cycle_life_cycles=life)))
    assert other.predictor.provenance.data_sha256 != trained.predictor.provenance.data_sha256


def test_a_published_split_is_kept(split_cohort, trained_on_split):
    """Scores are comparable with the paper's only on the paper's cells."""
    (held_out,) = trained_on_split.held_out
    assert held_out.split == "test"
    assert held_out.cell_ids == split_cohort.splits["test"]
    assert trained_on_split.predictor.provenance.n_cells == 25


def test_kin_that_a_published_split_parts_is_told(split_cohort, trained_on_split):
    """One recipe stands on both sides of this one."""
    (held_out,) = trained_on_split.held_out
    assert held_out.has_kin.tolist() == [True] + 14 * [False]
    assert trained_on_split.scores["test"]["with_kin"] == pytest.approx(1 / 15)


def test_both_baselines_saw_the_training_cells_only(split_cohort, trained_on_split):
    """The dummy answers the training mean on the learning scale, here the mean lce."""
    ce = split_cohort.outcomes["ce_fraction"].to_numpy()[:25]
    dummy = trained_on_split.held_out[0].baselines["dummy"]
    assert dummy == pytest.approx(1 - 10 ** np.log10(1 - ce).mean())


def test_progress_is_told_from_start_to_end(cohort, config):
    told = []
    train(config, cohort, lambda *step: told.append(step))
    assert told[0][0] == "describing cells"
    assert told[-1] == ("trained", 1, 1)
    assert all(0 <= done <= total for _, done, total in told)


@pytest.mark.parametrize(
    "changes", [{"models": ("oracle",)}, {"baseline": ("aura_mV",)}, {"target": "joy"}]
)
def test_names_that_nobody_has_are_refused(cohort, config_maker, changes):
    with pytest.raises(UnknownName):
        train(config_maker(**changes), cohort)


def test_training_leaves_the_cohort_alone(cohort, config):
    outcomes, cycling = cohort.outcomes.copy(), cohort.cells[3].cycling.copy()
    train(config, cohort)
    assert cohort.outcomes.equals(outcomes)
    assert cohort.cells[3].cycling.equals(cycling)
