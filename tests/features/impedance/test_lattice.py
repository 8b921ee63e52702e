import numpy as np
import pytest

from features.impedance.lattice import N_PER_DECADE, N_SERIES, lattice_for, time_constants_s

FREQUENCY_Hz = np.geomspace(1e5, 0.1, 40)
LATTICE = lattice_for(FREQUENCY_Hz.tobytes())


def test_the_lattice_reaches_a_little_beyond_the_window():
    tau_s = time_constants_s(LATTICE.first, LATTICE.end)
    fastest_s, slowest_s = 1 / (2 * np.pi * FREQUENCY_Hz[[0, -1]])
    assert 1.5 < fastest_s / tau_s[0] < 10
    assert 1.5 < tau_s[-1] / slowest_s < 10


def test_places_are_the_same_for_all_windows():
    assert time_constants_s(-N_PER_DECADE, 1) == pytest.approx(np.geomspace(0.1, 1, 7))


def test_columns_are_the_impedance_of_each_element():
    n_points = LATTICE.n_points
    columns = LATTICE.columns[:n_points] + 1j * LATTICE.columns[n_points:]
    s = 2j * np.pi * FREQUENCY_Hz
    tau_s = time_constants_s(LATTICE.first, LATTICE.end)
    assert columns[:, 0] == pytest.approx(1 / (1 + s * tau_s[0]))
    R_ohm, L_H, elastance_per_F = LATTICE.units
    expected_ohm = np.column_stack([np.full(n_points, R_ohm), s * L_H, elastance_per_F / s])
    assert columns[:, -N_SERIES:] == pytest.approx(expected_ohm)
