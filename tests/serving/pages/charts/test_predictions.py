"""An interval is drawn where its numbers say, and contributions add up to the answer."""

import re

import pytest

from serving import answers
from serving.pages.charts.predictions import MOST_BARS, _largest, contribution_chart, interval_chart


@pytest.fixture(scope="module")
def answered(champions, cell_maker):
    reply = answers.predictions_of([cell_maker(3)], champions, level=0.9, model="ce-bare")
    return reply.cells[0].predictions[0], champions.named("ce-bare").predictor.cells


def places(drawn, kind):
    return [float(x) for x in re.findall(rf'<circle cx="([\d.]+)"[^>]*class="{kind}"', drawn)]


def test_the_value_lies_inside_its_interval(answered):
    drawn = interval_chart(*answered)
    (x,) = places(drawn, "value")
    start, width = map(
        float,
        re.search(r'<rect x="([\d.]+)"[^>]*width="([\d.]+)"[^>]*class="interval"', drawn).groups(),
    )
    assert start <= x <= start + width


def test_a_better_cell_lies_further_right(answered):
    answer, cells = answered
    better = answer.model_copy(update={"value": (answer.value + answer.upper) / 2})
    axis_stays = interval_chart(better, cells)
    assert places(axis_stays, "value") > places(interval_chart(answer, cells), "value")


def test_few_bars_hold_all_contributions():
    many = {f"d{number}_V": 0.1 * (-1) ** number * number for number in range(1, 30)}
    bars = _largest(many)
    assert len(bars) == MOST_BARS + 1
    assert sum(added for _, added in bars) == pytest.approx(sum(many.values()))


def test_no_contribution_is_no_failure(answered):
    answer = answered[0].model_copy(update={"contributions": {}})
    assert "nothing did" in contribution_chart(answer)


def test_a_bound_beyond_all_measure_does_not_flatten_the_drawing(answered):
    answer, cells = answered
    wild = answer.model_copy(update={"scale": "log10", "lower": 1e-200, "upper": 1e200})
    assert "nan" not in interval_chart(wild, cells)


def test_what_the_cell_lacks_is_not_shown_as_if_it_had_it():
    """What stands for it is not the mean, so that it moves the answer all the same."""
    bars = _largest({"areal_capacity_mAh_cm2": 0.2, "temperature_degC": -0.1}, {"temperature_degC"})
    assert [name.startswith("without ") for name, _ in bars] == [False, True]
