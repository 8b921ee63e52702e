"""Nanoindentation of a coating with a flat punch that meets the surface at a small tilt."""

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord

Array = NDArray[np.float64]

#: 1 mN per nm over 1 nm is 1e15 Pa.
GPa_PER_mN_NM2 = 1e6


def contact_radius_nm(depth_nm: Array, tilt_degree: float, punch_radius_nm: float) -> Array:
    """Return the radius in contact: depth over tilt, and at most the punch's own.

    A punch tilted by theta touches with its edge first; at depth h it has sunk in over
    r = h / theta (Liu et al., doi:10.1002/adma.201605531: theta = 2.3 degrees).

    Examples
    --------
    >>> contact_radius_nm(np.array([100.0, 1000.0]), 2.3, 10_000.0).round().tolist()
    [2491.0, 10000.0]
    """
    if not 0 < tilt_degree < 90:
        raise InvalidRecord(f"The tilt is {tilt_degree:g} degrees; allowed is above 0, below 90.")
    return np.asarray(np.minimum(depth_nm / np.deg2rad(tilt_degree), punch_radius_nm))


def tilt_corrected_modulus_GPa(
    load_mN: Array, depth_nm: Array, tilt_degree: float, *, punch_radius_nm: float = np.inf
) -> Array:
    """Return the reduced modulus by depth, with the area that really touches.

    Parameters
    ----------
    load_mN, depth_nm : float arrays of shape (n_depths,)
        Of the loading curve, by rising depth above 0.
    tilt_degree : float
        Angle between the punch's face and the surface.
    punch_radius_nm : float
        Beyond this the whole face touches.

    Returns
    -------
    float array of shape (n_depths,)
        Stiffness over twice the contact radius, after Sneddon (1965) for a flat punch.

    Raises
    ------
    InvalidRecord
        If depths do not rise from above 0, or are fewer than three.

    Notes
    -----
    With the radius of the whole punch instead, the modulus would come out too low by
    h / (theta r) and would seem to grow from nothing with depth.
    """
    if depth_nm.size < 3 or not depth_nm[0] > 0 or not (np.diff(depth_nm) > 0).all():
        raise InvalidRecord("Depths must rise from above 0, and there must be three or more.")
    stiffness_mN_nm = np.gradient(load_mN, depth_nm, edge_order=2)
    radius_nm = contact_radius_nm(depth_nm, tilt_degree, punch_radius_nm)
    return np.asarray(GPa_PER_mN_NM2 * stiffness_mN_nm / (2 * radius_nm))
