"""Spectra are drawn whether or not they can be fitted; what cannot be told is not told."""

from dataclasses import replace

import numpy as np
import pytest

from features import Cell, CellDesign, Recipe, Source, Spectrum, fit_series
from serving.pages.impedance import MOST_DRAWN, impedance_of
from serving.pages.templating import rendered
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


def test_spectra_of_known_cycles_are_one_series():
    """Whatever order they come in; what the series knows is drawn and said."""
    spectra = simulate(
        founding_recipe("bare"), seed=2, n_cycles=20, spectrum_cycles=(0, 5, 10, 15, 20)
    ).cell.spectra
    shuffled = impedance_of(cell_with(*(spectra[row] for row in (3, 0, 4, 1, 2))))
    assert [row.name for row in shuffled.rows] == [f"cycle {n}" for n in (0, 5, 10, 15, 20)]
    fit = fit_series(spectra, area_cm2=0.5)
    np.testing.assert_allclose(
        [row.values[shuffled.columns.index("R_SEI")][0] for row in shuffled.rows],
        fit.table["R_SEI_ohm_cm2"],
    )
    assert any(words.startswith("R_SEI grows, in Ω cm² per cycle:") for words in shuffled.pace)


def test_spectra_of_no_known_moment_are_fitted_one_by_one():
    """Nobody said that they follow each other."""
    found = impedance_of(cell_with(two_arcs(), two_arcs(factor=3)))
    assert not found.pace
    assert not any(row.was_regularised for row in found.rows)


def test_hours_stand_in_for_cycles_of_a_cell_at_rest():
    spectra = [replace(two_arcs(factor=1 + 0.1 * n), time_h=float(n)) for n in range(5)]
    found = impedance_of(cell_with(*spectra))
    assert "against hours" in found.growth
    assert any("per √h" in words for words in found.pace)


def test_a_resistance_known_to_less_than_half_of_its_value_is_blank():
    frequency_Hz = np.logspace(3, -1, 40)
    z = 0.5 + 90 / (1 + 2j * np.pi * frequency_Hz * 90e-6)
    noise = np.random.default_rng(1).normal(0, 0.03, (2, 40))
    found = impedance_of(cell_with(Spectrum(frequency_Hz, z * (1 + noise[0] + 1j * noise[1]))))
    for value, sd in found.rows[0].values:
        assert np.isnan(value) or 2 * sd <= 0.5 * value
    assert np.isnan(found.rows[0].values[0][0])


def test_a_spectrum_that_is_no_impedance_is_not_to_be_used():
    """A valid one beside it stays; what is wrong is said in the fit's own words."""
    good = two_arcs()
    noise = np.random.default_rng(5).normal(0, 0.3, good.impedance_ohm.size)
    spoilt = replace(good, impedance_ohm=good.impedance_ohm * (1 + noise))
    found = impedance_of(cell_with(good, spoilt))
    assert [row.is_usable for row in found.rows] == [True, False]
    assert "scatter" in found.rows[1].doubts
    page = rendered("impedance.html", {"found": found})
    assert "Do not use: 1 spectrum of 2" in page
    assert page.count('<span class="state bad">do not use</span>') == 1
    assert page.count("scatter by") == 2
    rows = page[page.index("<tbody>") :].split("<tr>")[1:]
    assert "±" in rows[0]
    assert "±" not in rows[1].partition("</tr>")[0]


def test_what_was_refused_is_not_to_be_used():
    few = Spectrum(np.array([1e3, 1e2, 1.0]), np.array([5 - 1j, 6 - 1j, 7 - 1j]))
    assert not impedance_of(cell_with(few)).rows[0].is_usable
