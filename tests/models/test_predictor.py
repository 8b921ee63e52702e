from dataclasses import replace

import numpy as np
import pytest

from features.errors import InvalidRecord, InvalidSetting, LevelNotSupported


def test_an_answer_does_not_depend_on_order_or_company(predictor, training_cells, numbers):
    """One cell, one answer: bit for bit, alone, reversed, or among others."""
    together = numbers(predictor.predict(training_cells))
    backwards = numbers(predictor.predict(training_cells[::-1]))
    alone = [numbers(predictor.predict([cell]))[0] for cell in training_cells]
    assert together == backwards[::-1] == alone


def test_asking_twice_gives_the_same_bits(predictor, training_cells):
    assert predictor.predict(training_cells) == predictor.predict(training_cells)


def test_a_label_on_the_cell_changes_nothing(predictor, training_cells, numbers):
    """Names of cells are no physics."""
    renamed = [replace(cell, cell_id=f"Z{n}") for n, cell in enumerate(training_cells)]
    answers = predictor.predict(renamed)
    assert numbers(answers) == numbers(predictor.predict(training_cells))
    assert [answer.cell_id for answer in answers] == [cell.cell_id for cell in renamed]


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_value_lies_within_its_bounds(predictor, training_cells, cell_maker, level):
    """Also far outside, where the folds' models may disagree with the whole one's."""
    far = cell_maker(current_density_mA_cm2=100.0, areal_capacity_mAh_cm2=50.0)
    for answer in predictor.predict([*training_cells, far], level):
        assert 0 < answer.lower <= answer.value <= answer.upper
        assert answer.level == level
        assert (answer.target, answer.unit) == ("cycle_life", "cycles")


def test_a_higher_level_never_narrows_an_interval(predictor, training_cells):
    narrow, wide = (predictor.predict(training_cells, level) for level in (0.5, 0.9))
    for small, large in zip(narrow, wide, strict=True):
        assert large.lower <= small.lower
        assert large.upper >= small.upper


def test_what_was_not_measured_is_named_with_its_reason(ridge_predictor, cell_maker):
    """A blank is an answer; the reader must see that the model did without."""
    (answer,) = ridge_predictor.predict([cell_maker(thickness_nm=None)])
    assert answer.absent == {"log10_coating_thickness_nm": "the coating's thickness is not stated"}
    assert answer.in_domain


def test_a_training_cell_is_in_its_domain(predictor, training_cells):
    assert all(answer.in_domain for answer in predictor.predict(training_cells))
    assert not any(answer.reasons for answer in predictor.predict(training_cells))


def test_a_cell_outside_is_flagged_with_the_descriptor_that_is(ridge_predictor, cell_maker):
    (answer,) = ridge_predictor.predict([cell_maker(current_density_mA_cm2=50.0)])
    assert not answer.in_domain
    of_range, of_distance = answer.reasons
    assert of_range.startswith("log10_current_density_mA_cm2 is 1.699")
    assert "SD beyond" in of_range
    assert "nearest training cell" in of_distance


def test_a_cell_of_another_kind_is_flagged(ridge_predictor, cell_maker):
    (answer,) = ridge_predictor.predict([cell_maker(type="Li||LTO")])
    assert not answer.in_domain
    assert "Li||LTO" in answer.reasons[0]


def test_a_level_beyond_the_groups_is_refused_before_anything_is_computed(ridge_predictor):
    with pytest.raises(LevelNotSupported, match=r"needs 19 groups.*there are 12"):
        ridge_predictor.predict([], level=0.95)


def test_no_cell_no_answer(ridge_predictor):
    assert ridge_predictor.predict([]) == []


def test_it_learns_what_is_there_to_learn(ridge_predictor, cell_maker):
    """Life falls with current density in these cells, and the model must know."""
    mild, harsh = (cell_maker(current_density_mA_cm2=i) for i in (0.3, 2.0))
    longer, shorter = ridge_predictor.predict([mild, harsh])
    assert longer.lower > shorter.value


def test_the_order_of_training_cells_does_not_matter(predictor_maker, training_cells, numbers):
    """Two exports of one cohort must not make two models; only sums may round differently."""
    forwards, backwards = (predictor_maker(order=order) for order in (1, -1))
    assert np.array(numbers(forwards.predict(training_cells))) == pytest.approx(
        np.array(numbers(backwards.predict(training_cells))), rel=1e-9
    )


def test_what_it_was_asked_is_left_unchanged(ridge_predictor, training_cells):
    before = [cell.recipe for cell in training_cells]
    ridge_predictor.predict(training_cells)
    assert [cell.recipe for cell in training_cells] == before


def test_ranges_are_those_of_the_cells_it_was_fitted_to(ridge_predictor):
    learnt = ridge_predictor.ranges["log10_current_density_mA_cm2"]
    expected = np.log10([0.25, 0.25 * 1.1**23])
    assert (learnt.low, learnt.high) == pytest.approx(tuple(expected))
    assert not ridge_predictor.ranges["log10_coating_thickness_nm"].is_always_present


def test_the_tier_of_a_task_is_told(predictor_maker, training_cells):
    for answer in predictor_maker(tier="recipe_and_cycles").predict(training_cells[:2]):
        assert answer.tier == "recipe_and_cycles"


def test_contributions_add_up_to_the_departure_from_the_mean(any_predictor, training_cells):
    """Whoever reads them must be able to check the sum."""
    for answer in any_predictor.predict(training_cells):
        assert set(answer.contributions) == set(any_predictor.descriptor_versions)
        added = answer.mean + sum(answer.contributions.values())
        assert added == pytest.approx(np.log10(answer.value), abs=1e-9)


def test_an_answer_is_the_same_whether_it_is_explained_or_not(any_predictor, training_cells):
    explained = any_predictor.predict(training_cells)
    plain = any_predictor.predict(training_cells, explain=False)
    assert all(not answer.contributions for answer in plain)
    assert [replace(answer, contributions={}) for answer in explained] == plain


def test_the_nearest_training_cells_are_named_with_distance_and_outcome(
    ridge_predictor, training_cells
):
    """A training cell is its own nearest; the next ones are a little off."""
    for cell, answer in zip(training_cells, ridge_predictor.predict(training_cells), strict=True):
        first, *others = answer.nearest
        assert (first.cell_id, first.distance_sd) == (cell.cell_id, 0.0)
        assert len(others) == 2
        assert 0 < others[0].distance_sd <= others[1].distance_sd
        row = ridge_predictor.cells.cell_ids.index(first.cell_id)
        assert first.label == ridge_predictor.cells.labels[row]


def test_a_prediction_is_capped_above_the_longest_life_and_says_so(predictor_maker, cell_maker):
    """Nothing is known of lives a quarter longer than any seen; the bounds may still say more."""
    free, capped = (predictor_maker(cap_ratio=ratio) for ratio in (None, 1.0))
    mild = cell_maker(current_density_mA_cm2=0.12)
    (long,), (held,) = free.predict([mild]), capped.predict([mild])
    longest = free.cells.labels.max()
    assert long.value > longest
    assert held.value == longest
    assert held.upper == long.upper
    assert any(f"capped at {longest:.4g} cycles" in note for note in held.notes)
    assert not any("capped" in note for note in long.notes)
    added = held.mean + sum(held.contributions.values())
    assert added == pytest.approx(np.log10(held.value), abs=1e-9)
    assert held.contributions["prediction_cap"] < 0


def test_what_the_guard_band_holds_back_is_told(ridge_predictor, cell_maker):
    """A model given another number than was sent must not keep it to itself."""
    (answer,) = ridge_predictor.predict([cell_maker(current_density_mA_cm2=50.0)])
    assert any("current_density_mA_cm2 is 1.699; the model was given" in n for n in answer.notes)
    (inside,) = ridge_predictor.predict([cell_maker(current_density_mA_cm2=1.0)])
    assert inside.notes == ()


def test_a_missing_input_widens_the_interval_and_is_named(any_predictor, cell_maker):
    """Of training cells whose thickness is known, the errors without it are larger."""
    numbers = [n for n in range(24) if n % 4 != 3]
    whole = any_predictor.predict([cell_maker(n) for n in numbers])
    lacking = any_predictor.predict([cell_maker(n, thickness_nm=None) for n in numbers])
    widths = np.array(
        [[np.log(a.upper / a.lower) for a in answers] for answers in (whole, lacking)]
    )
    assert np.median(widths[1] / widths[0]) >= 1
    for answer in lacking:
        widened = [note for note in answer.notes if "wider" in note]
        assert all("log10_coating_thickness_nm" in note for note in widened)
    assert not any("wider" in note for answer in whole for note in answer.notes)


def test_stopped_tests_are_never_taken_as_lives(predictor_maker, training_cells):
    """Ridge is fitted to the lives that ended, as if the others did not exist."""
    table, labels, groups = predictor_maker.data()
    alive = labels > np.quantile(labels, 0.7)
    cut = np.minimum(labels, np.quantile(labels, 0.7))
    predictor = predictor_maker.fit("ridge", table, cut, groups, is_censored=alive)
    ended = np.flatnonzero(~alive)
    alone = predictor_maker.fit(
        "ridge", table.rows([int(n) for n in ended]), labels[ended], [groups[n] for n in ended]
    )
    values = [[a.value for a in one.predict(training_cells)] for one in (predictor, alone)]
    assert values[0] == values[1]
    assert {near.is_censored for a in predictor.predict(training_cells) for near in a.nearest} == {
        False
    }


def test_a_prior_mean_is_learnt_around(predictor_maker, cell_maker):
    """The dummy with a prior answers the prior and the mean departure from it."""
    prior = "log10_coating_thickness_nm"
    table, labels, groups = predictor_maker.data()
    predictor = predictor_maker.fit("mean", table, labels, groups, prior=prior)
    known = table.values[prior].to_numpy()
    filled = np.where(np.isnan(known), np.nanmean(known), known)
    departure = np.mean(np.log10(labels) - filled)
    thin, blank = predictor.predict([cell_maker(thickness_nm=500.0), cell_maker(thickness_nm=None)])
    assert np.log10(thin.value) == pytest.approx(np.log10(500) + departure)
    assert np.log10(blank.value) == pytest.approx(np.nanmean(known) + departure)
    # Thickness goes with its logarithm in the training, so both share what the prior adds.
    added = sum(thin.contributions.values())
    assert added == pytest.approx(np.log10(500) - np.nanmean(known))
    shared = [value for name, value in thin.contributions.items() if value]
    assert prior in thin.contributions
    assert len(set(shared)) == 1


def test_a_task_that_asks_for_what_is_not_there_is_refused(predictor_maker):
    with pytest.raises(InvalidSetting, match="none of the descriptors"):
        predictor_maker(prior="log10_phlogiston_mV")
    with pytest.raises(InvalidSetting, match="follow the standard deviation of ridge"):
        predictor_maker(is_scaled=True)


def test_one_group_has_no_interval(predictor_maker):
    table, labels, groups = predictor_maker.data()
    with pytest.raises(InvalidRecord, match="one group of training cells"):
        predictor_maker.fit("ridge", table, labels, ["only"] * len(groups))


def stopped(predictor_maker, **task):
    """Return a predictor of lives of which the longer third was stopped at one time."""
    table, labels, groups = predictor_maker.data()
    stop = np.quantile(labels, 0.67)
    cut = np.minimum(labels, stop)
    return predictor_maker.fit("tobit", table, cut, groups, is_censored=labels > stop, **task)


def test_a_prediction_beyond_all_lives_that_ended_is_outside(predictor_maker, training_cells):
    """How wrong a model is where every test was stopped, no training cell can tell."""
    predictor = stopped(predictor_maker)
    longest = predictor.cells.longest_ended
    answers = predictor.predict(training_cells)
    assert {answer.value > longest for answer in answers} == {True, False}
    for answer in answers:
        is_told = any("the longest training test that ended" in why for why in answer.reasons)
        assert is_told is (answer.value > longest)


def test_there_is_no_cap_where_the_longest_life_is_not_known(predictor_maker):
    """A bound is not the longest life; capped near it, every long life would be called short."""
    assert stopped(predictor_maker, cap_ratio=1.25).highest_value == np.inf
    ended = predictor_maker(cap_ratio=1.25)
    assert ended.highest_value == 1.25 * ended.cells.labels.max()


def odd_rows(predictor, n_rows=60):
    """Return rows in and out of the range, many of them with blanks."""
    rng = np.random.default_rng(8)
    shape = (n_rows, len(predictor.names))
    spread = np.where(predictor.neighbourhood.sd > 0, predictor.neighbourhood.sd, 1.0)
    X = predictor.cells.mean_row + 2 * rng.normal(size=shape) * spread
    X[rng.random(shape) < 0.3] = np.nan
    return X


def test_columns_hold_what_predictions_do(any_predictor, training_cells, cell_maker):
    """Many rows at once are a matter of form, not of content."""
    far = cell_maker(current_density_mA_cm2=50.0, type="Li||LTO")
    cells = [*training_cells, far, cell_maker(thickness_nm=None)]
    columns = any_predictor.columns(cells)
    answers = any_predictor.predict(cells)
    assert columns.in_domain.tolist() == [answer.in_domain for answer in answers]
    for row, answer in enumerate(answers):
        numbers = columns.value[row], columns.lower[row], columns.upper[row]
        assert numbers == (answer.value, answer.lower, answer.upper)
        assert columns.reasons.get(row, ()) == answer.reasons
        assert columns.notes.get(row, ()) == answer.notes
        ids = [any_predictor.cells.cell_ids[each] for each in columns.nearest[row]]
        assert ids == [near.cell_id for near in answer.nearest]
        assert columns.distances_sd[row].tolist() == [n.distance_sd for n in answer.nearest]


def test_only_rows_with_something_to_say_have_words(any_predictor):
    columns = any_predictor.columns_of(odd_rows(any_predictor), 0.9)
    assert set(columns.reasons) == set(np.flatnonzero(~columns.in_domain).tolist())
    assert all(columns.reasons.values())
    assert all(columns.notes.values())


def forget(predictor):
    """Take out what was kept of earlier answers, for each to be worked out anew."""
    predictor._known_answers._kept.clear()
    predictor._known_contributions._kept.clear()


def test_what_is_known_of_a_row_is_what_is_found_anew(any_predictor):
    """At every level, and though rows between which no tree sees a difference share an answer."""
    X = np.concatenate([odd_rows(any_predictor), any_predictor.cells.descriptors + 1e-12])
    forget(any_predictor)
    for level in (0.8, 0.9, 0.8):
        known = np.array(any_predictor.on_learning_scale(X, level))
        columns = any_predictor.columns_of(X, level)
        named, kind = any_predictor.contributions_of_kinds(X, columns)
        anew = any_predictor._learnt(X, level)
        assert np.array_equal(known, np.array(anew))
        explained = any_predictor.explained(X, columns)
        assert [named[each] for each in kind] == list(
            map(any_predictor._by_name, explained.tolist())
        )


def test_a_row_of_numbers_gets_its_columns_in_any_company(any_predictor):
    """Bounds, neighbours, sentences and explanations: alone as among others, to the bit."""
    X = odd_rows(any_predictor)
    together = any_predictor.columns_of(X, 0.9)
    explained = any_predictor.explained(X, together)
    for row in range(0, len(X), 7):
        forget(any_predictor)
        alone = any_predictor.columns_of(X[row : row + 1], 0.9)
        for name in ("value", "lower", "upper", "uncapped", "is_widened", "in_domain"):
            assert getattr(alone, name)[0] == getattr(together, name)[row]
        assert alone.reasons.get(0) == together.reasons.get(row)
        assert alone.notes.get(0) == together.notes.get(row)
        assert (alone.nearest[0] == together.nearest[row]).all()
        assert (alone.distances_sd[0] == together.distances_sd[row]).all()
        assert (any_predictor.explained(X[row : row + 1], alone)[0] == explained[row]).all()


def test_what_is_known_of_cells_beside_their_numbers_comes_first(ridge_predictor, cell_maker):
    cells = [cell_maker(), cell_maker(type="Li||LTO")]
    outside = ridge_predictor.outside(cells)
    assert list(outside) == [1]
    X = np.tile(ridge_predictor.cells.descriptors[:1], (2, 1))
    columns = ridge_predictor.columns_of(X, 0.9, outside)
    assert columns.reasons == outside
    assert columns.in_domain.tolist() == [True, False]


def test_no_row_has_no_column(any_predictor):
    columns = any_predictor.columns([])
    assert columns.value.shape == columns.in_domain.shape == (0,)
    assert any_predictor.explained(np.empty((0, len(any_predictor.names))), columns).size == 0


def test_rows_explained_alike_share_no_dictionary(any_predictor):
    """What somebody writes into one answer is not in another."""
    X = np.repeat(any_predictor.cells.descriptors[:2], 3, axis=0)
    columns = any_predictor.columns_of(X, 0.9)
    found = any_predictor.contributions_by_name(X, columns)
    for row, each in enumerate(found):
        some = slice(row, row + 1)
        alone = any_predictor.columns_of(X[some], 0.9)
        assert [each] == any_predictor.contributions_by_name(X[some], alone)
        assert list(each)[: len(any_predictor.names)] == any_predictor.names
    assert len({id(each) for each in found}) == len(found)
