"""Symmetric Li||Li cells: polarisation over the cycles, and impedance spectra.

A spectrum is the circuit Rs - (R_SEI | CPE) - ((R_ct + W) | C_dl) with two equal interfaces.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe import Recipe
from features.records import Spectrum
from training.virtual_lab.chemistry import History, conditions_of
from training.virtual_lab.interface import Interface, SERIES_RESISTANCE_ohm_cm2, interface_of
from training.virtual_lab.li_cu import overpotential_V, plateau_V
from training.virtual_lab.life import POLARISED_V, first_confirmed_cycle
from training.virtual_lab.series import cycling_table, limits_V, with_noise

N_INTERFACES = 2
#: Own: 100 kHz to 0.1 Hz at ten points per decade, a usual sweep.
FREQUENCY_Hz = np.logspace(5, -1, 61)
#: Own: SEI of some ten nanometres, depressed as films on rough metal are.
SEI_CPE_F_cm2 = 4e-6
SEI_CPE_EXPONENT = 0.88
#: Own: double layer of flat lithium; grows with the reacting area.
DOUBLE_LAYER_F_cm2 = 2e-4
#: Own: diffusion of lithium salt, ohm cm2 s^-1/2.
WARBURG_ohm_cm2 = 4.0
#: Own: scatter of a potentiostat, as a share of the modulus.
IMPEDANCE_NOISE_FRACTION = 2e-3


def cycling(
    recipe: Recipe,
    history: History,
    area_cm2: float,
    n_cycles: int,
    rngs: tuple[np.random.Generator, np.random.Generator],
) -> pd.DataFrame:
    """Return the raw time series of the first cycles; both half-cycles pass the full capacity."""
    conditions = conditions_of(recipe)
    half_cycle_s = 3600 * conditions.areal_capacity_mAh_cm2 / conditions.current_density_mA_cm2
    current_A = 1e-3 * conditions.current_density_mA_cm2 * area_cm2
    overpotential = overpotential_V(history, conditions.current_density_mA_cm2, n_cycles)
    voltage_V = with_noise(
        np.stack([-overpotential, overpotential], axis=1),
        limits_V(recipe.protocol, -np.inf, np.inf),
        rngs[1],
    )
    return cycling_table(np.full((n_cycles, 2), half_cycle_s), (-current_A, current_A), voltage_V)


def cycle_life(recipe: Recipe, history: History) -> int | None:
    """Return the first cycle of confirmed polarisation, None if there is none."""
    current_density_mA_cm2 = conditions_of(recipe).current_density_mA_cm2
    plateau = plateau_V(history, current_density_mA_cm2, history.ce_fraction.size)
    return first_confirmed_cycle(plateau > POLARISED_V)


def spectra(
    history: History, area_cm2: float, cycles: Sequence[int], rng: np.random.Generator
) -> tuple[Spectrum, ...]:
    """Return spectra of the symmetric cell after the given numbers of cycles."""
    interface = interface_of(history)
    return tuple(_spectrum(interface, area_cm2, cycle, rng) for cycle in cycles)


def impedance_ohm(interface: Interface, cycle: int, area_cm2: float) -> NDArray[np.complex128]:
    """Return the impedance of the whole symmetric cell at ``FREQUENCY_Hz``, free of noise."""
    omega = 2j * np.pi * FREQUENCY_Hz
    sei = 1 / (1 / interface.sei_ohm_cm2[cycle] + SEI_CPE_F_cm2 * omega**SEI_CPE_EXPONENT)
    area_ratio = interface.area_ratio[cycle]
    faradaic = interface.charge_transfer_ohm_cm2[cycle] + np.sqrt(2) * WARBURG_ohm_cm2 / np.sqrt(
        omega
    )
    charge_transfer = 1 / (1 / faradaic + DOUBLE_LAYER_F_cm2 * area_ratio * omega)
    total: NDArray[np.complex128] = (
        SERIES_RESISTANCE_ohm_cm2 + N_INTERFACES * (sei + charge_transfer)
    ) / area_cm2
    return total


def _spectrum(
    interface: Interface, area_cm2: float, cycle: int, rng: np.random.Generator
) -> Spectrum:
    ideal_ohm = impedance_ohm(interface, cycle, area_cm2)
    noise = rng.normal(0, IMPEDANCE_NOISE_FRACTION, (2, FREQUENCY_Hz.size))
    noisy_ohm = ideal_ohm + np.abs(ideal_ohm) * (noise[0] + 1j * noise[1])
    return Spectrum(FREQUENCY_Hz.copy(), noisy_ohm, cycle=cycle, n_interfaces=2)
