import numpy as np
import pytest

from features.impedance import relaxations as module
from features.impedance.relaxations import LEAST_POINTS, relaxations
from features.impedance.spectra import batch_of
from features.records import Spectrum

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 55)
OMEGA = 2 * np.pi * FREQUENCY_Hz


def fitted(*impedances_ohm, frequency_Hz=FREQUENCY_Hz):
    return relaxations(batch_of([Spectrum(frequency_Hz, each) for each in impedances_ohm]))


def arcs_ohm(omega=OMEGA):
    return 5 + 80 / (1 + 2e-4j * omega) + 40 / (1 + 3e-2j * omega)


def noisy(impedance_ohm, noise, seed=0):
    parts = np.random.default_rng(seed).normal(size=(2, impedance_ohm.size))
    return impedance_ohm * (1 + noise * (parts[0] + 1j * parts[1]))


def test_what_is_made_of_relaxations_is_followed():
    fits = fitted(5 + 1e-6j * OMEGA + 30 / (1 + 1e-3j * OMEGA) + 2 / (1j * OMEGA))
    assert np.nanmax(np.abs(fits.residual)) < 1e-9


def test_an_arc_between_two_places_of_the_lattice_is_shared_out():
    """Half a step of the lattice, squared, leaves less than a hundredth of |Z|."""
    assert np.nanmax(np.abs(fitted(arcs_ohm()).residual)) < 0.01


def test_the_distribution_adds_up_to_the_resistances():
    fits = fitted(arcs_ohm())
    assert fits.drt_ohm.sum() == pytest.approx(120, rel=0.01)
    assert fits.series[0, 0] == pytest.approx(5, rel=0.01)


def test_no_resistance_is_negative():
    fits = fitted(noisy(arcs_ohm(), 0.05), noisy(-arcs_ohm(), 0.05), noisy(arcs_ohm().conj(), 0.05))
    assert fits.drt_ohm.min() >= 0
    assert fits.series.min() >= 0


@pytest.mark.parametrize("factor", [1e-3, 1e6])
def test_the_unit_of_the_impedance_does_not_matter(factor):
    one, other = fitted(noisy(arcs_ohm(), 0.01)), fitted(factor * noisy(arcs_ohm(), 0.01))
    assert other.drt_ohm == pytest.approx(factor * one.drt_ohm, rel=1e-6, abs=1e-6 * factor)


def test_the_lattice_is_one_for_all_windows():
    """Else distributions of two spectra could not be laid over each other."""
    narrow = fitted(arcs_ohm(OMEGA[10:50]), frequency_Hz=FREQUENCY_Hz[10:50])
    wide = fitted(arcs_ohm())
    assert np.isin(narrow.time_constant_s, wide.time_constant_s).all()


def test_company_does_not_change_a_fit():
    noisy_ohm = noisy(arcs_ohm(), 0.01)
    short = Spectrum(FREQUENCY_Hz[:20], noisy_ohm[:20])
    alone = relaxations(batch_of([short]))
    among = relaxations(batch_of([Spectrum(FREQUENCY_Hz, noisy_ohm), short]))
    assert among.amplitudes_ohm[1].tolist() == alone.amplitudes_ohm[0].tolist()


def test_a_few_outliers_are_found_and_left_out():
    clean_ohm = noisy(arcs_ohm(), 0.003)
    spoilt_ohm = clean_ohm.copy()
    spoilt_ohm[[12, 40]] *= [1.3, 1 - 0.2j]
    fits = fitted(clean_ohm, spoilt_ohm)
    assert np.flatnonzero(fits.is_outlier[0]).tolist() == []
    assert np.flatnonzero(fits.is_outlier[1]).tolist() == [12, 40]
    fits_ohm = fits.impedance_ohm[:, : FREQUENCY_Hz.size]
    assert fits_ohm[1] == pytest.approx(fits_ohm[0], rel=0.01)


def test_when_many_points_are_off_none_is_an_outlier():
    spoilt_ohm = noisy(arcs_ohm(), 0.003)
    spoilt_ohm[::4] *= 1.5
    assert not fitted(spoilt_ohm).is_outlier.any()


def test_too_few_points_are_not_fitted():
    fits = fitted(
        arcs_ohm(OMEGA[: LEAST_POINTS - 1]), frequency_Hz=FREQUENCY_Hz[: LEAST_POINTS - 1]
    )
    assert not fits.is_judged.any()
    assert np.isnan(fits.drt_ohm).all()
    assert np.isnan(fits.series).all()


def test_nothing_gives_nothing():
    assert relaxations(batch_of([])).drt_ohm.shape == (0, 0)


def test_a_search_in_circles_ends_nearby(monkeypatch):
    """Without any noise the solver may not find out which of two neighbours it prefers."""
    usual = fitted(noisy(arcs_ohm(), 0.01))
    solve = module.nnls

    def circling(rows, seen, maxiter):
        if len(rows) == 2 * FREQUENCY_Hz.size:
            raise RuntimeError("Maximum number of iterations reached.")
        return solve(rows, seen, maxiter=maxiter)

    monkeypatch.setattr(module, "nnls", circling)
    nearby = fitted(noisy(arcs_ohm(), 0.01))
    assert nearby.drt_ohm.sum() == pytest.approx(usual.drt_ohm.sum(), rel=1e-3)


def test_no_solution_at_all_leaves_everything_as_residual(monkeypatch):
    def circling(rows, seen, maxiter):
        raise RuntimeError("Maximum number of iterations reached.")

    monkeypatch.setattr(module, "nnls", circling)
    size = np.abs(fitted(arcs_ohm()).residual[0, : FREQUENCY_Hz.size])
    assert size == pytest.approx(np.ones(FREQUENCY_Hz.size))
