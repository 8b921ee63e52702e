"""Circuit elements: impedance or admittance with derivatives, parameters, units.

Definitions and the order of parameters are those of impedance.py 1.7: W = sigma (1 - j) / sqrt(w),
Wo = Z0 coth(s) / s and Ws = Z0 tanh(s) / s with s = sqrt(j w tau), CPE = 1 / (Q (j w)^alpha).
All parameters enter by their logarithm.

Complex factors bear names here: NumPy would multiply a large nameless one in place, rounding
otherwise, and a spectrum's fit would depend on how many are fitted with it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]
#: (log-parameters (n, k), log omega (n, m), derivatives (n, k, m) to be filled) -> value (n, m)
Law = Callable[[Array, Array, ComplexArray], ComplexArray]


@dataclass(frozen=True)
class Parameter:
    """One parameter of an element.

    Attributes
    ----------
    name : str
        Empty where it is the element's only one.
    unit : str
        Of the whole cell.
    suffix : str
        Unit as the ending of a name.
    impedance_power : int
        Its dimension in ohm: 1 grows with the impedance, -1 falls.
    time_power : float or None
        Its dimension in seconds besides; None is the exponent of the same element.
    area_suffix : str
        Unit as the ending of a name once an area is known; empty is a property of no area.
    """

    name: str
    unit: str
    suffix: str
    impedance_power: int
    time_power: float | None
    area_suffix: str = ""


@dataclass(frozen=True)
class Element:
    """A kind of element.

    Attributes
    ----------
    symbol : str
    parameters : tuple of Parameter
    law : callable
        Value and its derivatives by log-parameters.
    is_admittance : bool
        Whether the law gives the admittance, which is the shorter one of a capacitor.
    """

    symbol: str
    parameters: tuple[Parameter, ...]
    law: Law
    is_admittance: bool = False


def _resistor(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    slopes[:, 0] = np.exp(log_parameters)
    return slopes[:, 0].copy()


def _capacitor(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    value = 1j * np.exp(log_parameters + log_omega)
    slopes[:, 0] = value
    return value


def _constant_phase(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    """Admittance Q (j w)^alpha with (j)^alpha written out, so that one real power is enough."""
    alpha = np.exp(log_parameters[:, 1:])
    phase = 0.5 * np.pi * alpha
    value = np.exp(log_parameters[:, :1] + alpha * log_omega) * (np.cos(phase) + 1j * np.sin(phase))
    slopes[:, 0] = value
    exponent = alpha * log_omega + 1j * phase
    np.multiply(value, exponent, out=slopes[:, 1])
    return value


def _warburg(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    value = np.exp(log_parameters - 0.5 * log_omega) * (1 - 1j)
    slopes[:, 0] = value
    return value


def _open_warburg(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    """Z0 coth(s) / s, slope by log tau -(Z0 (coth(s)^2 - 1) + Z) / 2."""
    root, tanh = _root_and_tanh(log_parameters[:, 1:] + log_omega)
    scale = np.exp(log_parameters[:, :1])
    product = root * tanh
    value = scale / product
    beyond = 1 / tanh**2 - 1
    slopes[:, 0] = value
    np.multiply(scale, beyond, out=slopes[:, 1])
    slopes[:, 1] += value
    slopes[:, 1] *= -0.5
    return value


def _short_warburg(log_parameters: Array, log_omega: Array, slopes: ComplexArray) -> ComplexArray:
    """Z0 tanh(s) / s, slope by log tau (Z0 (1 - tanh(s)^2) - Z) / 2."""
    root, tanh = _root_and_tanh(log_parameters[:, 1:] + log_omega)
    scale = np.exp(log_parameters[:, :1])
    value = tanh / root
    value *= scale
    short = 1 - tanh**2
    slopes[:, 0] = value
    np.multiply(scale, short, out=slopes[:, 1])
    slopes[:, 1] -= value
    slopes[:, 1] *= 0.5
    return value


def _root_and_tanh(log_omega_tau: Array) -> tuple[ComplexArray, ComplexArray]:
    """Return s = sqrt(j w tau) and tanh(s), without overflow and without cancellation."""
    twice = np.exp(0.5 * (log_omega_tau + np.log(2.0)))
    decay = np.exp(-twice)
    # 1 - exp(-2 s), where exp(-2 s) is small or close to one.
    gap = -np.expm1(-twice) + 2 * decay * np.sin(0.5 * twice) ** 2 + 1j * decay * np.sin(twice)
    rest = 2 - gap
    return twice * (0.5 + 0.5j), gap / rest


OHM = Parameter("", "ohm", "ohm", 1, 0.0, "ohm_cm2")

#: symbol -> element; the one place to add a kind.
ELEMENTS = {
    element.symbol: element
    for element in (
        Element("R", (OHM,), _resistor),
        Element("C", (Parameter("", "F", "F", -1, 1.0, "F_cm2"),), _capacitor, is_admittance=True),
        Element("L", (Parameter("", "H", "H", 1, 1.0),), _capacitor),
        Element(
            "CPE",
            (
                Parameter("Q", "S s^alpha", "S_s_alpha", -1, None, "S_s_alpha_cm2"),
                Parameter("alpha", "", "", 0, 0.0),
            ),
            _constant_phase,
            is_admittance=True,
        ),
        Element("W", (Parameter("", "ohm s^-1/2", "ohm_s05", 1, -0.5, "ohm_cm2_s05"),), _warburg),
        Element(
            "Wo",
            (
                Parameter("Z0", "ohm", "ohm", 1, 0.0, "ohm_cm2"),
                Parameter("tau", "s", "s", 0, 1.0),
            ),
            _open_warburg,
        ),
        Element(
            "Ws",
            (
                Parameter("Z0", "ohm", "ohm", 1, 0.0, "ohm_cm2"),
                Parameter("tau", "s", "s", 0, 1.0),
            ),
            _short_warburg,
        ),
    )
}
