import numpy as np
import pytest

from features import Cell, CellDesign, Recipe, Source, Spectrum, describe
from features.descriptors.relaxation_times import (
    fastest_relaxation_resistance_ohm_cm2,
    largest_relaxation_resistance_ohm_cm2,
    log10_fastest_relaxation_frequency_Hz,
    log10_largest_relaxation_frequency_Hz,
    n_relaxation_peaks,
)
from features.errors import NotMeasured

FREQUENCY_Hz = np.logspace(6, -2, 81)


def cell_of(*resistances_and_apexes, area_cm2=0.5, type="Li||Cu", series_ohm=5.0):
    """Return a cell with an RC arc of each resistance in ohm and apex in Hz."""
    ohm = np.full(FREQUENCY_Hz.shape, series_ohm, dtype=complex)
    for resistance_ohm, apex_Hz in resistances_and_apexes:
        ohm += resistance_ohm / (1 + 1j * FREQUENCY_Hz / apex_Hz)
    spectra = (Spectrum(FREQUENCY_Hz, ohm, 0),)
    return Cell("A1", Recipe(CellDesign(type)), Source("measured"), area_cm2, None, spectra)


@pytest.mark.parametrize("n_arcs", [1, 2, 3])
def test_arcs_two_decades_apart_are_as_many_peaks(n_arcs):
    arcs = [(50.0, 1e4), (80.0, 1e2), (60.0, 1.0)][:n_arcs]
    assert n_relaxation_peaks(cell_of(*arcs)) == n_arcs


def test_a_peak_has_the_resistance_and_the_frequency_of_its_arc():
    """40 ohm on half a square centimetre are 20 ohm cm2; a symmetric cell has two of half."""
    arcs = (40.0, 1e4), (100.0, 10.0)
    cell = cell_of(*arcs)
    assert fastest_relaxation_resistance_ohm_cm2(cell) == pytest.approx(20, rel=0.02)
    assert log10_fastest_relaxation_frequency_Hz(cell) == pytest.approx(4, abs=0.03)
    assert largest_relaxation_resistance_ohm_cm2(cell) == pytest.approx(50, rel=0.02)
    assert log10_largest_relaxation_frequency_Hz(cell) == pytest.approx(1, abs=0.03)
    symmetric = cell_of(*arcs, type="Li||Li")
    assert fastest_relaxation_resistance_ohm_cm2(symmetric) == pytest.approx(10, rel=0.02)


def test_a_peak_without_area_has_a_frequency_all_the_same():
    cell = cell_of((40.0, 1e4), area_cm2=None)
    assert log10_fastest_relaxation_frequency_Hz(cell) == pytest.approx(4, abs=0.03)
    with pytest.raises(NotMeasured, match="area is not stated"):
        fastest_relaxation_resistance_ohm_cm2(cell)


def test_a_resistor_has_no_peak():
    cell = cell_of((0.0, 1e4))
    with pytest.raises(NotMeasured):
        log10_largest_relaxation_frequency_Hz(cell)


def test_an_empty_spectrum_and_none_are_not_measured():
    empty = Spectrum(np.zeros(0), np.zeros(0, dtype=complex), 0)
    recipe = Recipe(CellDesign("Li||Cu"))
    for spectra in ((), (empty,)):
        cell = Cell("A1", recipe, Source("measured"), 0.5, None, spectra)
        table = describe([cell], ["n_relaxation_peaks", "frequency_span_decades"])
        assert table.values.isna().all(axis=None)
