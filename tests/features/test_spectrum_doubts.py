from dataclasses import replace

import numpy as np
import pytest

from features import cell_spectra, describe
from features.doubts import doubts
from features.registry import catalogue
from features.spectrum_doubts import fit_doubts, spectrum_doubts


@pytest.fixture
def missed(make_li_cu_cell, make_spectrum):
    """Return a cell of a good spectrum, and two with an arc that the paper's circuit has not."""

    def with_arc(spectrum):
        # Far above the others in time, and as large as they are.
        arc_ohm = 300 / (1 + 1j * spectrum.frequency_Hz / (5 * spectrum.frequency_Hz.min()))
        slow_ohm = 200 / (1 + 1j * spectrum.frequency_Hz / (400 * spectrum.frequency_Hz.min()))
        return replace(spectrum, impedance_ohm=spectrum.impedance_ohm + arc_ohm + slow_ohm)

    spectra = [make_spectrum(cycle=1), *(with_arc(make_spectrum(cycle=n)) for n in (5, 9))]
    return make_li_cu_cell(n_cycles=0, spectra=spectra)


def test_a_cell_without_spectra_raises_no_doubt(make_li_cu_cell):
    cell = make_li_cu_cell(n_cycles=0)
    assert spectrum_doubts(cell) == fit_doubts(cell) == ()


def test_spectra_that_the_circuit_describes_raise_no_doubt(make_li_cu_cell, make_spectrum):
    assert fit_doubts(make_li_cu_cell(n_cycles=0, spectra=[make_spectrum()])) == ()


def test_a_circuit_that_misses_is_told_once_with_the_way_out(missed):
    (told,) = fit_doubts(missed)
    assert "the impedance spectrum after cycle 5: R0-p(R1,CPE1)-p(R2-W1,C2)-L0 does not" in told
    assert "seicast fit FILE names a known circuit that is not refuted" in told
    assert "auto" not in told
    assert told.endswith("(1 more spectrum alike)")


def test_whoever_asks_for_nothing_off_a_fit_is_not_told_of_it(missed):
    assert fit_doubts(missed, ["ce_mean_fraction"]) == ()
    assert fit_doubts(missed, ["ce_mean_fraction", "sei_resistance_ohm_cm2"]) == fit_doubts(missed)


@pytest.mark.parametrize("name", catalogue())
def test_doubts_of_a_fit_are_told_to_whoever_reads_one_and_to_nobody_else(
    missed, monkeypatch, name
):
    read = []
    for fit in ("fit_spectra", "fit_series"):
        whole = getattr(cell_spectra, fit)
        monkeypatch.setattr(
            cell_spectra, fit, lambda *given, whole=whole: read.append(name) or whole(*given)
        )
    describe([missed], [name])
    assert (fit_doubts(replace(missed), [name]) != ()) == (read != [])


def test_the_data_are_not_blamed_for_the_circuit(missed):
    assert not any(
        "does not describe" in each for each in (*doubts(missed), *spectrum_doubts(missed))
    )


def test_the_arcs_of_a_circuit_that_misses_are_not_measured_and_why(missed):
    table = describe([missed], ["sei_resistance_ohm_cm2", "has_identifiable_arcs"])
    assert np.isnan(table.array[0, 0])
    assert table.array[0, 1] == 0
    assert "the circuit does not describe the spectrum" in table.absent(0)["sei_resistance_ohm_cm2"]


def test_of_each_kind_the_first_is_told_and_how_many_more(make_li_cu_cell, make_spectrum):
    short = [make_spectrum(cycle=cycle, n_points=5) for cycle in (1, 2, 3)]
    (told,) = spectrum_doubts(make_li_cu_cell(n_cycles=0, spectra=short))
    assert told.startswith("the impedance spectrum after cycle 1: there are 5 different")
    assert told.endswith("(2 more spectra alike)")
