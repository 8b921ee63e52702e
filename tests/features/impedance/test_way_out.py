import numpy as np
import pytest

from features import Spectrum, fit_spectra
from features.impedance.verdicts import validity_of
from features.impedance.way_out import describing_circuits

FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)


@pytest.fixture(scope="module")
def found():
    """Return the fit of one arc to a spectrum of three."""
    s = 2j * np.pi * FREQUENCY_Hz
    ohm = 4 + sum(R / (1 + R * C * s) for R, C in ((60, 1e-7), (90, 1e-5), (70, 2e-3)))
    noise = np.random.default_rng(3).normal(0, 2e-3, (2, 60))
    return fit_spectra([Spectrum(FREQUENCY_Hz, ohm * (1 + noise[0] + 1j * noise[1]))], "one_arc")


def test_the_simplest_circuit_that_describes_is_the_way_out(found):
    assert found.misfit.is_missed[0]
    own = "R0-p(R1,C1)-p(R2,C2)-p(R3,C3)"
    larger = "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)"
    assert describing_circuits(found.validity, [larger, "two_arcs", own]) == [own]


def test_there_may_be_no_way_out(found):
    assert describing_circuits(found.validity, ["one_arc", "two_arcs"]) == [None]


def test_each_spectrum_has_its_own(found):
    """In company or alone."""
    s = 2j * np.pi * FREQUENCY_Hz
    noise = np.random.default_rng(4).normal(0, 2e-3, (2, 60))
    one = Spectrum(FREQUENCY_Hz, (4 + 60 / (1 + 6e-4 * s)) * (1 + noise[0] + 1j * noise[1]))
    both = validity_of([one, *found.spectra])
    assert describing_circuits(both, ["three_arcs", "one_arc"]) == [
        "R0-p(R1,CPE1)",
        "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)",
    ]
    assert describing_circuits(both.take(np.array([], dtype=int))) == []
