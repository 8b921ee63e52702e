from dataclasses import replace

import numpy as np
import pytest

from features.descriptors.impedance import (
    apex_reactance_ohm_cm2,
    arc_width_growth_ratio,
    arc_width_ohm_cm2,
    high_frequency_resistance_ohm_cm2,
    log10_apex_frequency_Hz,
    low_frequency_intercept_ohm_cm2,
    real_impedance_1_Hz_ohm_cm2,
    real_impedance_10_kHz_ohm_cm2,
    real_impedance_100_Hz_ohm_cm2,
)
from features.errors import NotMeasured
from features.recipe import CellDesign, Recipe
from features.records import Spectrum

ALL = [high_frequency_resistance_ohm_cm2, arc_width_ohm_cm2, arc_width_growth_ratio]


@pytest.fixture
def make_cell(make_li_cu_cell):
    """Return the builder of cells that hold spectra alone."""

    def build(*spectra, type="Li||Cu", area_cm2=0.5):
        recipe = Recipe(CellDesign(type))
        return make_li_cu_cell(n_cycles=0, recipe=recipe, area_cm2=area_cm2, spectra=spectra)

    return build


def test_an_rc_arc_is_as_wide_as_its_resistance(make_cell, make_spectrum):
    """80 ohm behind 5 ohm, on half a square centimetre."""
    cell = make_cell(make_spectrum(series_ohm=5, arc_ohm=80))
    assert arc_width_ohm_cm2(cell) == pytest.approx(40, rel=1e-5)
    assert high_frequency_resistance_ohm_cm2(cell) == pytest.approx(2.5, rel=1e-5)


@pytest.mark.parametrize(
    ("type", "n_interfaces", "expected"),
    [
        ("Li||Cu", None, 40),
        ("Li||Li", None, 20),
        ("Li||Cu", 2, 20),
        ("Li||Li", 1, 40),
        ("Li||LTO", None, 40),
    ],
)
def test_like_interfaces_in_series_share_the_arc(
    make_cell, make_spectrum, type, n_interfaces, expected
):
    """A symmetric cell has two; a stated number goes before the cell's type."""
    cell = make_cell(make_spectrum(n_interfaces=n_interfaces), type=type)
    assert arc_width_ohm_cm2(cell) == pytest.approx(expected, rel=1e-5)


def test_a_diffusion_tail_does_not_widen_the_arc(make_cell, make_spectrum):
    """The tail alone reaches to 13 ohm more at the lowest frequency."""
    tail = make_spectrum(arc_ohm=80, diffusion_ohm=1.0)
    assert np.ptp(tail.impedance_ohm.real) > 88
    assert arc_width_ohm_cm2(make_cell(tail)) == pytest.approx(40, rel=0.02)


@pytest.mark.parametrize("function", [high_frequency_resistance_ohm_cm2, arc_width_ohm_cm2])
def test_rows_may_come_in_any_order(make_cell, make_spectrum, function):
    rising = make_spectrum(diffusion_ohm=1.0)
    order = np.random.default_rng(0).permutation(rising.frequency_Hz.size)
    shuffled = Spectrum(rising.frequency_Hz[order], rising.impedance_ohm[order], cycle=0)
    assert function(make_cell(shuffled)) == function(make_cell(rising))


@pytest.mark.parametrize("reverse", [False, True])
def test_the_last_spectrum_is_read_wherever_it_stands(make_cell, make_spectrum, reverse):
    spectra = [make_spectrum(arc_ohm=60, cycle=2), make_spectrum(arc_ohm=90, cycle=10)]
    cell = make_cell(*sorted(spectra, key=lambda s: s.cycle, reverse=reverse))
    assert arc_width_ohm_cm2(cell) == pytest.approx(45, rel=1e-5)
    assert arc_width_growth_ratio(cell) == pytest.approx(1.5, rel=1e-5)


def test_growth_needs_no_area_to_be_large(make_cell, make_spectrum):
    """It is a ratio: a dot and a pouch age alike."""
    spectra = [make_spectrum(arc_ohm=60, cycle=0), make_spectrum(arc_ohm=20, cycle=1)]
    small, large = (make_cell(*spectra, area_cm2=area) for area in (0.1, 100.0))
    assert arc_width_growth_ratio(small) == pytest.approx(arc_width_growth_ratio(large))


def test_a_spectrum_of_unknown_cycle_starts_no_growth(make_cell, make_spectrum):
    """Nobody knows whether it was taken first."""
    unknown, known = make_spectrum(cycle=None), make_spectrum(cycle=3)
    for spectra in ((unknown, known), (known, unknown), (unknown, unknown)):
        with pytest.raises(NotMeasured, match="two spectra of known cycle"):
            arc_width_growth_ratio(make_cell(*spectra))


def test_a_spectrum_of_unknown_cycle_may_stand_alone(make_cell, make_spectrum):
    assert arc_width_ohm_cm2(make_cell(make_spectrum(cycle=None))) == pytest.approx(40, rel=1e-5)


def test_a_line_without_peak_closes_no_arc(make_cell, make_spectrum):
    """A blocking electrode is a tail alone."""
    cell = make_cell(make_spectrum(arc_ohm=0.0, diffusion_ohm=10.0))
    with pytest.raises(NotMeasured, match="no peak"):
        arc_width_ohm_cm2(cell)


@pytest.mark.parametrize("function", ALL)
def test_nine_frequencies_are_too_few(make_cell, make_spectrum, function):
    spectra = [make_spectrum(cycle=0), make_spectrum(cycle=1, n_points=9)]
    with pytest.raises(NotMeasured, match="needs 10 frequencies, one has 9"):
        function(make_cell(*spectra))


@pytest.mark.parametrize("function", ALL)
def test_no_spectrum_is_not_measured(make_cell, function):
    with pytest.raises(NotMeasured, match="no impedance spectrum"):
        function(make_cell())


@pytest.mark.parametrize("function", [high_frequency_resistance_ohm_cm2, arc_width_ohm_cm2])
def test_ohm_without_area_are_no_ohm_cm2(make_cell, make_spectrum, function):
    with pytest.raises(NotMeasured, match="area is not stated"):
        function(replace(make_cell(make_spectrum()), area_cm2=None))


@pytest.mark.parametrize(("type", "n_interfaces"), [("Li||Cu", 1), ("Li||Li", 2)])
def test_an_arc_is_read_without_a_model(make_cell, make_spectrum, type, n_interfaces):
    """5 ohm before 80 ohm at 159 Hz, on half a square centimetre; half way up, 40 ohm high."""
    cell = make_cell(make_spectrum(series_ohm=5, arc_ohm=80, n_points=901), type=type)
    assert apex_reactance_ohm_cm2(cell) == pytest.approx(20 / n_interfaces, rel=1e-3)
    assert log10_apex_frequency_Hz(cell) == pytest.approx(np.log10(500 / np.pi), abs=0.01)
    assert low_frequency_intercept_ohm_cm2(cell) == pytest.approx(42.5 / n_interfaces, rel=1e-4)
    for descriptor, frequency_Hz in (
        (real_impedance_10_kHz_ohm_cm2, 1e4),
        (real_impedance_100_Hz_ohm_cm2, 1e2),
        (real_impedance_1_Hz_ohm_cm2, 1.0),
    ):
        real_ohm = 5 + 80 / (1 + (2e-3 * np.pi * frequency_Hz) ** 2)
        assert descriptor(cell) == pytest.approx(real_ohm / 2 / n_interfaces, rel=1e-3)


def test_a_frequency_that_was_not_measured_is_not_made_up(make_cell, make_spectrum):
    whole = make_spectrum()
    fast = Spectrum(whole.frequency_Hz[:40], whole.impedance_ohm[:40], cycle=0)
    assert fast.frequency_Hz.min() > 100
    with pytest.raises(NotMeasured, match="without 1 Hz"):
        real_impedance_1_Hz_ohm_cm2(make_cell(fast))
