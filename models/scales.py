"""Scales on which targets are learnt: errors are even there, and bounds stay possible."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import UnknownName

Transform = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Scale:
    """A rising function from a target's unit to the learning scale, and its inverse."""

    name: str
    forward: Transform
    inverse: Transform


def _lce(ce_fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return -log10(1 - CE): 0.9 -> 1, 0.99 -> 2 (Kim et al. 2023)."""
    return -np.log10(1 - np.asarray(ce_fraction))


def _power_of_10(exponent: NDArray[np.float64]) -> NDArray[np.float64]:
    # Far outside the domain a bound may pass what a float, and so a reply, can hold.
    return np.asarray(10.0 ** np.minimum(np.maximum(exponent, -300.0), 300.0))


def _ce_fraction(lce: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - _power_of_10(-np.asarray(lce))


_SCALES = {
    scale.name: scale
    for scale in (
        Scale("log10", np.log10, _power_of_10),
        Scale("lce", _lce, _ce_fraction),
        Scale("linear", np.asarray, np.asarray),
    )
}


def scale_names() -> list[str]:
    """Return the names of all scales."""
    return list(_SCALES)


def scale_of(name: str) -> Scale:
    """Return a scale by name: "log10", "lce" or "linear"."""
    if name not in _SCALES:
        raise UnknownName(f"No scale is called '{name}'; there are {', '.join(_SCALES)}.")
    return _SCALES[name]
