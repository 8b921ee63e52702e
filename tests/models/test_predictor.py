from dataclasses import replace

import numpy as np
import pytest

from features.errors import LevelNotSupported


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
    (reason,) = answer.reasons
    assert reason.startswith("log10_current_density_mA_cm2 is 1.699")
    assert "SD beyond" in reason


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
