"""Coverage is drawn where it was measured, beside what was promised."""

from serving.pages.charts.coverage import coverage_chart
from serving.pages.shown import Score


def score(coverage, level=0.9):
    return Score("papers held out", 100.0, 0.1, {"mean alone": 0.3}, level, coverage, {})


def test_what_was_held_stands_beside_what_was_promised():
    assert "92.5 of 90 %" in coverage_chart([score(0.925)])


def test_without_a_measured_coverage_nothing_is_drawn():
    assert not coverage_chart([score(None)])
    assert not coverage_chart([])


def test_a_model_that_errs_more_than_the_mean_says_so():
    assert score(0.9).beats_the_mean
    worse = Score("s", 10.0, 0.4, {"mean alone": 0.3}, None, None, {})
    assert not worse.beats_the_mean
