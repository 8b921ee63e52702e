"""Whatever a cycler wrote down is measured or refused with a reason; nothing crashes or warns."""

from contextlib import suppress

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Cell, CellDesign, Protocol, Recipe, Source, describe
from features.end_of_life import end_of_life
from features.errors import NotMeasured
from features.soft_short import soft_short_flags

TYPES = ["Li||Cu", "Li||Li", "Li||LTO", "Li||NMC", "anode-free"]
steps = st.lists(
    st.tuples(
        st.sampled_from([-1e-3, -5e-4, 0.0, 1e-3, 2e-3]),
        st.integers(1, 60),
        st.sampled_from([0.0, 1.0, 5.0, 60.0]),
        st.sampled_from([-1.0, -0.03, 0.0, 1e-4, 0.05, 3.7]),
        st.sampled_from([0.0, 1e-3, 0.5]),
    ),
    max_size=40,
)


def record(drawn, seed):
    """Return rows of steps of (current, rows, seconds a row, voltage, scatter)."""
    rng = np.random.default_rng(seed)
    parts = [
        (np.full(n, current), np.full(n, tick), volts + scatter * rng.normal(size=n))
        for current, n, tick, volts, scatter in drawn
    ]
    if not parts:
        return None
    current_A, tick_s, voltage_V = (np.concatenate(each) for each in zip(*parts, strict=True))
    columns = ("test_time_second", "current_ampere", "voltage_volt")
    rows = (np.cumsum(tick_s), current_A, voltage_V)
    return pd.DataFrame(dict(zip(columns, rows, strict=True)))


@given(drawn=steps, type=st.sampled_from(TYPES), seed=st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_any_record_is_measured_or_refused_with_a_reason(drawn, type, seed):
    """Single rows, standing clocks, rests alone, shorts, and noise larger than the signal."""
    recipe = Recipe(CellDesign(type, None, 10.0, 3.0), protocol=Protocol(1.0, 3.0))
    cell = Cell("A1", recipe, Source("measured"), 1.0, record(drawn, seed))
    table = describe([cell])
    assert all(reason.strip() for reason in table.reasons.values())
    assert not [why for why in table.reasons.values() if "no number" in why]
    with suppress(NotMeasured):
        end = end_of_life(cell)
        assert end.cycle >= 0
        assert end.is_censored == (end.event == "stopped")
        assert all(flag.cycle >= 1 for flag in soft_short_flags(cell))
