from dataclasses import replace

import numpy as np
import pytest

from features.cell_spectra import (
    every_fitted,
    fits,
    last_fitted,
    last_spectrum,
    series,
    usual_interfaces,
    validity,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe


def test_spectra_stand_by_cycle_and_time_those_of_unknown_cycle_first(
    make_li_cu_cell, make_spectrum
):
    """The order of upload is nobody's order of measuring."""
    moments = [(5, 1.0), (0, 9.0), (None, None), (0, 2.0), (5, None)]
    spectra = [replace(make_spectrum(cycle=cycle), time_h=time_h) for cycle, time_h in moments]
    cell = make_li_cu_cell(n_cycles=0, spectra=spectra)
    found = [(each.cycle, each.time_h) for each in validity(cell).spectra]
    assert found == [(None, None), (0, 2.0), (0, 9.0), (5, None), (5, 1.0)]
    assert last_spectrum(cell) is spectra[0]


def test_a_cell_s_spectra_are_looked_at_and_fitted_once(make_li_cu_cell, make_spectrum):
    """Thirty descriptors ask for the same fit."""
    cell = make_li_cu_cell(n_cycles=0, spectra=[make_spectrum(), make_spectrum(cycle=3)])
    assert fits(cell) is fits(cell)
    assert fits(cell).validity is validity(cell)
    assert series(cell) is series(cell)
    assert last_fitted(cell).fits is fits(cell)


def test_refused_spectra_and_those_of_unknown_cycle_take_no_part_in_a_series(
    make_li_cu_cell, make_spectrum
):
    spectra = [make_spectrum(cycle=cycle) for cycle in (None, 1, 4)]
    spectra.append(make_spectrum(cycle=9, n_points=5))
    cell = make_li_cu_cell(n_cycles=0, spectra=spectra)
    assert [each.cycle for each in series(cell).spectra] == [1, 4]
    assert [each.spectrum.cycle for each in every_fitted(cell)] == [None, 1, 4, 9]


@pytest.mark.parametrize(("type", "expected"), [("Li||Li", 2), ("Li||Cu", 1), ("Li||LTO", 1)])
def test_a_symmetric_cell_has_two_like_interfaces(make_li_cu_cell, type, expected):
    assert usual_interfaces(make_li_cu_cell(recipe=Recipe(CellDesign(type)))) == expected


def test_a_refused_spectrum_tells_why_whatever_is_asked(make_li_cu_cell, make_spectrum):
    cell = make_li_cu_cell(n_cycles=0, spectra=[make_spectrum(n_points=5)])
    for ask in ("row", "n_interfaces", "log_parameters"):
        with pytest.raises(NotMeasured, match="5 different frequencies"):
            getattr(last_fitted(cell), ask)


def test_a_sum_that_nobody_can_know_is_not_told(make_li_cu_cell, make_spectrum):
    """Of an arc far below the window only the foot is seen."""
    whole = make_spectrum(arc_ohm=800.0)
    fast = slice(0, 22)
    noise = np.random.default_rng(2).normal(0, 0.005, 22)
    foot_ohm = whole.impedance_ohm[fast] * (1 + noise)
    foot = replace(whole, frequency_Hz=whole.frequency_Hz[fast], impedance_ohm=foot_ohm)
    cell = make_li_cu_cell(n_cycles=0, spectra=[foot])
    with pytest.raises(NotMeasured, match="R_int is known to a factor of"):
        last_fitted(cell).interface()
