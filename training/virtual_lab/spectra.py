"""Impedance spectra of a symmetric cell: over cycles, and at rest.

The circuit is that of doi:10.1002/adma.201605531, ``R0-p(R1,CPE1)-p(R2-W1,C2)``: electrolyte,
SEI with the coating, charge transfer with diffusion; the last two of two equal interfaces.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.records import Spectrum
from training.virtual_lab.history import History
from training.virtual_lab.interface import (
    Interface,
    SERIES_RESISTANCE_ohm_cm2,
    interface_of,
    resting_interface,
)

N_INTERFACES = 2
#: Own: 1 MHz to 0.1 Hz at ten points per decade, a usual sweep.
FREQUENCY_Hz = np.logspace(6, -1, 71)
#: Own: SEI of some ten nanometres, depressed as films on rough metal are.
SEI_CPE_F_cm2 = 4e-6
SEI_CPE_EXPONENT = 0.88
#: Own: double layer of flat lithium; grows with the reacting area.
DOUBLE_LAYER_F_cm2 = 2e-4
#: Own: temperature and rest before a spectrum repeat no better than this: standard deviation of
#: the natural logarithm of both interface resistances.
REPEAT_SPREAD = 0.01
#: Own: scatter of a potentiostat, as a share of the modulus, in each of both parts.
IMPEDANCE_NOISE_FRACTION = 4e-3


def spectra(
    history: History, area_cm2: float, cycles: Sequence[int], rng: np.random.Generator
) -> tuple[Spectrum, ...]:
    """Return spectra of the symmetric cell after the given numbers of cycles."""
    interface = interface_of(history)
    return tuple(
        Spectrum(
            FREQUENCY_Hz.copy(),
            _measured_ohm(interface, cycle, area_cm2, rng),
            cycle=cycle,
            n_interfaces=N_INTERFACES,
        )
        for cycle in cycles
    )


def resting_spectra(
    history: History, area_cm2: float, time_h: Sequence[float], rng: np.random.Generator
) -> tuple[Spectrum, ...]:
    """Return spectra of the fresh symmetric cell after so many hours at open circuit."""
    interface = resting_interface(history, np.array(time_h, dtype=float))
    return tuple(
        Spectrum(
            FREQUENCY_Hz.copy(),
            _measured_ohm(interface, row, area_cm2, rng),
            cycle=0,
            time_h=float(hours),
            n_interfaces=N_INTERFACES,
        )
        for row, hours in enumerate(time_h)
    )


def impedance_ohm(
    interface: Interface, row: int, area_cm2: float, resistance_ratio: float = 1.0
) -> NDArray[np.complex128]:
    """Return the impedance of the whole symmetric cell at ``FREQUENCY_Hz``, free of noise.

    Parameters
    ----------
    interface : Interface
    row : int
        Which of its states.
    area_cm2 : float
    resistance_ratio : float
        Of SEI and charge transfer, over what they are at the usual temperature.
    """
    omega = 2j * np.pi * FREQUENCY_Hz
    sei_ohm_cm2 = resistance_ratio * interface.sei_ohm_cm2[row]
    sei = 1 / (1 / sei_ohm_cm2 + SEI_CPE_F_cm2 * omega**SEI_CPE_EXPONENT)
    # W1 of the circuit is sigma (1 - j) / sqrt(w), which is sqrt(2) sigma / sqrt(j w).
    diffusion = np.sqrt(2) * interface.warburg_ohm_cm2[row] / np.sqrt(omega)
    faradaic = resistance_ratio * interface.charge_transfer_ohm_cm2[row] + diffusion
    double_layer_F_cm2 = DOUBLE_LAYER_F_cm2 * interface.area_ratio[row]
    charge_transfer = 1 / (1 / faradaic + double_layer_F_cm2 * omega)
    total: NDArray[np.complex128] = (
        SERIES_RESISTANCE_ohm_cm2 + N_INTERFACES * (sei + charge_transfer)
    ) / area_cm2
    return total


def _measured_ohm(
    interface: Interface, row: int, area_cm2: float, rng: np.random.Generator
) -> NDArray[np.complex128]:
    repeat_ratio = float(np.exp(rng.normal(0, REPEAT_SPREAD)))
    ideal_ohm = impedance_ohm(interface, row, area_cm2, repeat_ratio)
    noise = rng.normal(0, IMPEDANCE_NOISE_FRACTION, (2, FREQUENCY_Hz.size))
    noisy: NDArray[np.complex128] = ideal_ohm + np.abs(ideal_ohm) * (noise[0] + 1j * noise[1])
    return noisy
