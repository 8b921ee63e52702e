"""Bounds and suspects look different from plain cells, also to who cannot see."""

from serving.pages.charts.comparison import Point, comparison_chart

CONTROL = [Point("B1", 50.0), Point("B2", 60.0)]


def test_bounds_and_suspects_have_marks_of_their_own():
    coated = [Point("C1", 100.0), Point("C2", 150.0, is_bound=True),
              Point("C3", 900.0, is_suspect=True)]  # fmt: skip
    drawn = comparison_chart("Cycle life", "cycles", "log10", [CONTROL, coated], [])
    assert drawn.count("<circle") == 3
    assert drawn.count("<path") == 2
    assert "C2, at least" in drawn
    assert "C3, soft short suspected" in drawn


def test_published_pairs_are_joined():
    pair = (Point("bare", 0.7), Point("coated", 0.974))
    drawn = comparison_chart("CE", "fraction", "lce", [[], []], [pair])
    assert drawn.count('class="join"') == 1
