"""Axes keep order, hold what they are made over, and show ticks apart."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.pages.charts.axes import Axis, axis_over, below

positive = st.floats(1e-6, 1e9)
VALUES = {"linear": st.floats(-1e9, 1e9), "log10": positive, "lce": st.floats(0.0, 0.99999)}


@pytest.mark.parametrize("scale", VALUES)
@given(data=st.data())
def test_an_axis_holds_its_values_in_their_order(scale, data):
    values = sorted(data.draw(st.lists(VALUES[scale], min_size=1, max_size=8)))
    axis = axis_over(values, scale, 10.0, 400.0)
    places = [axis.at(value) for value in values]
    assert all(10 <= place <= 400 for place in places)
    assert all(one <= two + 1e-6 for one, two in pairwise(places))


@pytest.mark.parametrize("scale", VALUES)
@given(data=st.data())
def test_ticks_lie_on_the_axis_and_apart(scale, data):
    values = data.draw(st.lists(VALUES[scale], min_size=2, max_size=8))
    axis = axis_over(values, scale, 0.0, 400.0)
    places = [axis.at(tick) for tick in axis.ticks()]
    assert places
    assert np.all(np.diff(places) >= 34.0 - 1e-6)


@pytest.mark.parametrize("high", [5e-324, 1e-300, 1e-12])
def test_an_axis_of_next_to_nothing_has_a_tick(high):
    assert axis_over([0.0, high], "linear", 0.0, 400.0).ticks()


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_what_is_no_number_makes_no_axis(value):
    assert np.isfinite(axis_over([value, 1.0], "linear", 0, 100).at(1.0))


def test_beyond_its_ends_everything_lies_at_the_end():
    axis = Axis("log10", 1.0, 100.0, 0.0, 200.0)
    assert axis.at(0.0) == axis.at(-5.0) == 0.0
    assert axis.at(1e9) == 200.0


def test_labels_do_not_touch():
    axis = Axis("log10", 10.0, 1e6, 0.0, 200.0)
    assert below(axis, 0.0, "x").count("<text") < len(axis.ticks()) + 1
