"""An answer that could be anything is none; one that leaves something out is one."""

import pytest

from serving import answers
from serving.champions import Champions
from serving.vagueness import MOST_LIVES_RATIO, vagueness, vagueness_of


@pytest.fixture(scope="module")
def cells(champions):
    return champions.named("life-virtual").predictor.cells


@pytest.fixture
def life(champions, cell_maker):
    reply = answers.predictions_of([cell_maker(3)], champions, level=0.9, model="life-virtual")
    (answer,) = reply.cells[0].predictions
    return answer


def between(answer, lower, upper, **others):
    return answer.model_copy(update={"lower": lower, "upper": upper, **others})


def test_an_interval_must_leave_something_out_on_one_side(life, cells):
    low, high = cells.labels.min(), cells.labels.max()
    assert vagueness(between(life, 0.9 * low, 1.1 * high), cells)
    for one_sided in ((low, 1.1 * high), (0.9 * low, high)):
        assert not vagueness(between(life, *one_sided, in_domain=True), cells)


@pytest.mark.parametrize("in_domain", [True, False])
def test_a_life_outside_must_be_known_to_a_factor(life, cells, in_domain):
    low = float(cells.labels.min())
    wide = between(life, low, 1.01 * MOST_LIVES_RATIO * low, in_domain=in_domain)
    narrow = between(life, low, 0.99 * MOST_LIVES_RATIO * low, in_domain=in_domain)
    assert bool(vagueness(wide, cells)) != in_domain
    assert not vagueness(narrow, cells)


def test_the_factor_is_one_of_lives(life, cells):
    other = between(life, 0.001, 1.0, in_domain=False, unit="fraction")
    assert not vagueness(other, None)


def test_a_lower_bound_of_nothing_is_no_bound(life):
    assert vagueness(between(life, 0.0, 10.0, in_domain=False), None)


def test_without_the_model_the_answer_alone_is_judged(life, champions):
    wide = between(life, 1e-3, 1e9, in_domain=False)
    assert vagueness_of(wide, Champions())
    assert vagueness_of(wide, champions)
