import pytest

from features.descriptors.soft_short import is_soft_short, n_soft_short_cycles
from features.errors import NotMeasured


def test_a_healthy_cell_shows_no_short(make_li_cu_cell):
    assert is_soft_short(make_li_cu_cell(ce=0.97)) == 0
    assert n_soft_short_cycles(make_li_cu_cell(ce=0.97)) == 0


def test_each_cycle_with_a_sign_is_counted_once(make_li_cu_cell):
    """Cycles 2 and 4 strip more than they plate; cycle 4 has lost its voltage as well."""
    cell = make_li_cu_cell(
        n_cycles=5, ce=[0.97, 1.02, 0.97, 1.02, 0.97], plating_mV=[20, 20, 20, 0.5, 20]
    )
    assert is_soft_short(cell) == 1
    assert n_soft_short_cycles(cell) == 2


def test_without_a_time_series_nothing_is_said(make_full_cell):
    with pytest.raises(NotMeasured, match="no time series"):
        is_soft_short(make_full_cell())
