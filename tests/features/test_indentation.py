import numpy as np
import pytest

from features.errors import InvalidRecord
from features.indentation import contact_radius_nm, tilt_corrected_modulus_GPa

TILT = 2.3
THETA = np.deg2rad(TILT)
DEPTH_nm = np.linspace(5, 500, 200)


def load_mN(modulus_GPa):
    """Return the load of a tilted punch: dP/dh = 2 E h / theta, integrated from the surface."""
    fine_nm = np.linspace(0, 500, 200_001)
    stiffness = 2 * np.interp(fine_nm, DEPTH_nm, modulus_GPa) * fine_nm / THETA * 1e-6
    load = np.concatenate([[0], np.cumsum((stiffness[1:] + stiffness[:-1]) / 2)])
    return np.interp(DEPTH_nm, fine_nm, load * (fine_nm[1] - fine_nm[0]))


def test_the_contact_of_a_tilted_punch_grows_with_depth_up_to_its_face():
    radius_nm = contact_radius_nm(np.array([0.0, 40.0, 4000.0]), TILT, 50_000.0)
    assert radius_nm == pytest.approx([0.0, 40 / THETA, 50_000.0])


def test_the_founding_paper_s_modulus_comes_back_by_depth():
    """0.71 GPa at the surface to 0.81 GPa, at a tilt of 2.3 degrees."""
    modulus_GPa = np.linspace(0.71, 0.81, DEPTH_nm.size)
    found = tilt_corrected_modulus_GPa(load_mN(modulus_GPa), DEPTH_nm, TILT)
    assert found == pytest.approx(modulus_GPa, rel=0.01)


def test_without_the_correction_the_modulus_would_grow_from_nothing():
    """The whole face of the punch is then taken to touch from the start."""
    uniform = load_mN(np.full(DEPTH_nm.size, 0.8))
    corrected = tilt_corrected_modulus_GPa(uniform, DEPTH_nm, TILT)
    as_if_flat = tilt_corrected_modulus_GPa(uniform, DEPTH_nm, 1e-6, punch_radius_nm=12_500.0)
    assert np.ptp(corrected) < 0.01
    assert as_if_flat[0] < 0.02
    assert as_if_flat[-1] == pytest.approx(0.8, rel=0.01)


@pytest.mark.parametrize("tilt", [0.0, -1.0, 90.0])
def test_a_punch_that_is_not_tilted_needs_no_correction(tilt):
    with pytest.raises(InvalidRecord, match="tilt"):
        contact_radius_nm(DEPTH_nm, tilt, 1000.0)


@pytest.mark.parametrize("depth_nm", [[1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 3.0, 2.0]])
def test_depths_rise_from_above_the_surface(depth_nm):
    depth_nm = np.array(depth_nm)
    with pytest.raises(InvalidRecord, match="Depths must rise"):
        tilt_corrected_modulus_GPa(depth_nm, depth_nm, TILT)
