import numpy as np
import pytest

from features import Spectrum, fit_spectra
from features.errors import InvalidSetting
from features.impedance.verdicts import validity_of

FREQUENCY_Hz = np.logspace(6, -1, 57)
TWO_ARCS = "R0-p(R1,C1)-p(R2,C2)"


def spectrum(scale=1.0, n_points=57):
    s = 2j * np.pi * FREQUENCY_Hz[:n_points]
    arcs_ohm = 4 + 60 / (1 + 60 * 1e-6 * s) + 90 / (1 + 90 * 1e-4 * s)
    return Spectrum(FREQUENCY_Hz[:n_points], scale * arcs_ohm)


def mirrored():
    return Spectrum(FREQUENCY_Hz, spectrum().impedance_ohm.conj())


@pytest.fixture(scope="module")
def table():
    """Return the table of a good spectrum between one mirrored and one too short."""
    return fit_spectra([mirrored(), spectrum(), spectrum(n_points=5)], TWO_ARCS).table


def test_what_cannot_be_meant_so_is_refused_and_the_others_are_fitted(table):
    """A mirrored spectrum would fit, to a wrong cell."""
    assert table["is_fitted"].tolist() == [False, True, False]
    assert table["identifiable"].tolist() == [False, True, False]
    assert table["R_SEI_ohm"].iloc[1] == pytest.approx(60, rel=1e-4)
    assert table.loc[[0, 2], "R_SEI_ohm"].isna().all()


def test_no_blank_is_without_its_reason(table):
    assert "sign" in table["reason"].iloc[0]
    assert "5 different frequencies" in table["reason"].iloc[2]
    assert table["reason"].iloc[1] == table["doubts"].iloc[1] == ""
    assert table["is_consistent"].tolist() == [False, True, False]


def test_flags_stay_true_or_false_where_there_was_no_fit(table):
    for name in ("identifiable", "is_converged", "is_fitted", "is_consistent"):
        assert table[name].dtype == bool


def test_nothing_may_be_left_to_fit():
    table = fit_spectra([mirrored()], TWO_ARCS).table
    assert len(table) == 1
    assert not table["is_fitted"].any()
    assert fit_spectra([], TWO_ARCS).table.empty


def test_a_validity_known_already_gives_the_same():
    spectra = [spectrum(), mirrored()]
    one, other = (fit_spectra(each, TWO_ARCS).table for each in (spectra, validity_of(spectra)))
    assert one.equals(other)


def test_a_bad_circuit_is_refused_whatever_the_spectra():
    with pytest.raises(InvalidSetting, match="position 4"):
        fit_spectra([], "R0-Q1")


def test_what_was_found_in_some_spectra_is_what_they_show_alone():
    """A series asks for the sound spectra in their order, without looking again."""
    found = validity_of([spectrum(), mirrored(), spectrum(n_points=30)])
    part, alone = found.take(np.array([2, 0])), validity_of([spectrum(n_points=30), spectrum()])
    assert part.found.table.equals(alone.found.table)
    assert part.doubts == alone.doubts
    assert fit_spectra(part, TWO_ARCS).table.equals(fit_spectra(alone, TWO_ARCS).table)


def test_every_spectrum_is_judged_by_its_own_area():
    odd = validity_of([spectrum(), spectrum()], [1.0, 1e6])
    assert [len(each) for each in odd.doubts] == [0, 1]
    assert odd.doubts[1][0].kind == "area"
