import numpy as np
import pytest

from features.impedance.combinations import arc_gains, projected
from features.impedance.shapes import N_TIMES


def equations(n_atoms=2 * N_TIMES, n_rows=80):
    """Return atoms that overlap like arcs do, a target made of three, and their equations."""
    rng = np.random.default_rng(8)
    place = np.linspace(0, 1, n_rows)
    centre = np.repeat(np.linspace(0.05, 0.95, N_TIMES), 2)[:n_atoms]
    atoms = np.exp(-(((place - centre[:, None]) / 0.15) ** 2))
    atoms[1::2] *= np.linspace(0.5, 1.5, n_rows)
    target = 2 * atoms[4] + 3 * atoms[14] + 1.5 * atoms[22] + 0.01 * rng.normal(size=n_rows)
    return atoms, target


def saved(atoms, target):
    """Return by how much least squares lowers the sum of squares."""
    fit = np.linalg.lstsq(atoms.T, target, rcond=None)[0]
    return target @ target - np.sum((target - fit @ atoms) ** 2), fit


@pytest.mark.parametrize("n_arcs", [1, 2, 3])
def test_gains_are_those_of_least_squares(n_arcs):
    atoms, target = equations()
    gram, moment = (atoms @ atoms.T)[None], (atoms @ target)[None]
    gains, combinations = arc_gains(gram, moment, [np.arange(len(atoms))] * n_arcs)
    for row in range(0, gains.shape[1], 7):
        chosen = combinations[0, row]
        if len(set(chosen.tolist())) == n_arcs:
            expected, sizes = saved(atoms[chosen], target)
            if sizes.min() > 0 and np.linalg.cond(atoms[chosen]) < 100:
                assert gains[0, row] == pytest.approx(expected, rel=1e-4)


def test_more_arcs_than_are_joined_still_find_theirs():
    atoms, target = equations()
    gram, moment = (atoms @ atoms.T)[None], (atoms @ target)[None]
    gains, combinations = arc_gains(gram, moment, [np.arange(len(atoms))] * 5)
    assert combinations.shape[2] == 5
    assert gains.max() == pytest.approx(target @ target, rel=1e-2)


def test_projecting_atoms_out_is_fitting_them_beside():
    atoms, target = equations()
    gram, moment = (atoms @ atoms.T)[None], (atoms @ target)[None]
    n_left = len(atoms) - 2
    inner, left, base = projected(gram, moment, [n_left, n_left + 1], n_left)
    one = left[0, 4] ** 2 / inner[0, 4, 4] + base[0]
    assert one == pytest.approx(saved(atoms[[4, n_left, n_left + 1]], target)[0], rel=1e-6)
