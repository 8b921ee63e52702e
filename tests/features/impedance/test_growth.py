from dataclasses import replace

import numpy as np
import pytest

from features.errors import NotMeasured
from features.impedance.growth import (
    Course,
    growth_per_cycle,
    growth_per_sqrt_h,
    growth_table,
    last_over_first,
)

CYCLE = np.arange(0.0, 100, 10)
NONE = np.full(CYCLE.size, np.nan)


def course(resistance, sd=0.01, cycle=CYCLE, time_h=NONE):
    resistance = np.asarray(resistance, dtype=float)
    return Course(
        "R_SEI", "ohm_cm2", resistance, sd**2 * np.eye(resistance.size), cycle, time_h, 12
    )


def test_a_line_gives_back_its_slope():
    assert growth_per_cycle(course(20 + 0.3 * CYCLE)).value == pytest.approx(0.3)


def test_the_root_of_time_gives_back_its_factor():
    resting = course(20 + 1.5 * np.sqrt(CYCLE), cycle=np.zeros(CYCLE.size), time_h=CYCLE)
    assert growth_per_sqrt_h(resting).value == pytest.approx(1.5)


def test_the_error_of_a_slope_is_that_of_its_points():
    """Independent errors of one size: sigma over the root of the sum of squares."""
    sd = 0.02
    spread = np.sqrt(np.sum((CYCLE - CYCLE.mean()) ** 2))
    found = growth_per_cycle(course(np.full(CYCLE.size, 50.0), sd))
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.sd == pytest.approx(50 * sd / spread, rel=0.01)


def test_an_error_that_all_spectra_share_is_none_of_the_ratio():
    same = replace(course(20 + 0.3 * CYCLE), log_covariance=np.full((10, 10), 0.04))
    assert last_over_first(same).value == pytest.approx(47 / 20)
    assert last_over_first(same).sd == pytest.approx(0, abs=0.05)


def test_scatter_about_the_line_counts_for_the_error():
    rough = 20 + 0.3 * CYCLE + np.array([2, -2] * 5)
    assert growth_per_cycle(course(rough)).sd > 3 * growth_per_cycle(course(20 + 0.3 * CYCLE)).sd


def test_one_wild_spectrum_hardly_tilts_the_slope():
    wild = 20 + 0.3 * CYCLE
    wild[-1] *= 3
    known_badly = np.diag([1e-4] * 9 + [0.5])
    found = growth_per_cycle(replace(course(wild), log_covariance=known_badly))
    assert found.value == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(
    ("measure", "changes", "reason"),
    [
        (growth_per_cycle, {"cycle": NONE}, "needs the cycle of every spectrum"),
        (growth_per_cycle, {"cycle": np.zeros(10)}, "3 different cycles, there are 1"),
        (growth_per_sqrt_h, {}, "needs the hours of every spectrum"),
        (growth_per_sqrt_h, {"time_h": CYCLE}, "was cycled from 0 to 90"),
        (growth_per_sqrt_h, {"cycle": NONE, "time_h": np.full(10, 3.0)}, "3 different times"),
    ],
)
def test_what_does_not_apply_has_its_reason(measure, changes, reason):
    with pytest.raises(NotMeasured, match=reason):
        measure(replace(course(20 + 0.3 * CYCLE), **changes))


def test_too_few_spectra_are_counted():
    short = course([20, 30], cycle=CYCLE[:2], time_h=NONE[:2])
    with pytest.raises(
        NotMeasured, match="needs 3 spectra in which it is known, there are 2 of 12"
    ):
        growth_per_cycle(short)
    assert last_over_first(short).value == 1.5
    with pytest.raises(NotMeasured, match="there are 1 of 12"):
        last_over_first(course([20], cycle=CYCLE[:1], time_h=NONE[:1]))


def test_the_table_has_a_number_or_a_reason():
    table = growth_table(course(20 + 0.3 * CYCLE), course([], cycle=CYCLE[:0], time_h=NONE[:0]))
    assert table["value"].notna().tolist() == [True, False, True, False]
    assert (table["reason"] == "").tolist() == [True, False, True, False]
    assert table.index[0] == "R_SEI_growth_ohm_cm2_per_cycle"
