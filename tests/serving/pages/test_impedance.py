"""Spectra are drawn whether or not they can be fitted; what cannot be told is not told."""

import numpy as np
import pytest

from features import Cell, CellDesign, Recipe, Source, Spectrum
from serving.pages.impedance import MOST_DRAWN, impedance_of
from training.virtual_lab import founding_recipe, simulate


def cell_with(*spectra, area_cm2=0.5, type="Li||Cu"):
    return Cell("A1", Recipe(CellDesign(type)), Source("measured"), area_cm2, spectra=spectra)


def two_arcs(cycle=None, factor=1.0):
    frequency_Hz = np.logspace(6, -1, 60)
    s = 2j * np.pi * frequency_Hz
    z = factor * (4 + 60 / (1 + 60e-6 * s) + 90 / (1 + 90e-4 * s))
    return Spectrum(frequency_Hz, z, cycle=cycle)


def test_a_spectrum_is_drawn_with_its_fit_and_residuals():
    found = impedance_of(cell_with(two_arcs()))
    assert len(found.charts) == 3
    assert all('class="fit"' in chart for chart in found.charts[:2])
    assert found.unit == "Ω cm²"
    assert found.rows[0].residual_rms < 0.01


def test_without_an_area_resistances_are_of_the_cell():
    assert impedance_of(cell_with(two_arcs(), area_cm2=None)).unit == "Ω"


def test_too_few_points_are_drawn_without_a_fit():
    found = impedance_of(cell_with(Spectrum(np.array([1e3, 1e2, 1.0]), np.array([5 - 1j] * 3))))
    assert 'class="fit"' not in found.charts[0]
    assert not found.rows[0].is_identifiable
    assert "frequencies" in found.rows[0].reason


def test_resistance_is_drawn_against_the_cycle_where_cycles_are_known():
    cell = simulate(founding_recipe("bare"), seed=1, n_cycles=20, spectrum_cycles=(0, 10, 20)).cell
    assert "against cycle" in impedance_of(cell).growth
    assert not impedance_of(cell_with(two_arcs(), two_arcs())).growth


def test_many_spectra_are_thinned_to_the_first_the_last_and_some_between():
    found = impedance_of(cell_with(*(two_arcs(cycle) for cycle in range(20))))
    assert found.n_drawn == MOST_DRAWN
    assert "cycle 0" in found.charts[0]
    assert "cycle 19" in found.charts[0]
    assert len(found.rows) == 20


def test_a_spectrum_a_thousand_times_smaller_has_axes_of_its_own():
    found = impedance_of(cell_with(two_arcs(), two_arcs(factor=1e-3)))
    assert sum("Nyquist" in chart for chart in found.charts) == 2


@pytest.mark.parametrize("z", [0j, 1e-12 + 0j, -5 + 5j])
def test_odd_spectra_break_nothing(z):
    frequency_Hz = np.logspace(5, 0, 20)
    found = impedance_of(cell_with(Spectrum(frequency_Hz, np.full(20, z))))
    assert "nan" not in "".join(found.charts)
