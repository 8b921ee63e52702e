"""Resistances of one lithium interface over cycles and over rest, per geometric area."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.virtual_lab.history import History
from training.virtual_lab.losses import reacting_area_ratio

Array = NDArray[np.float64]

#: Own: electrolyte and separator of a coin cell.
SERIES_RESISTANCE_ohm_cm2 = 5.0
#: Own: fresh lithium in carbonate, one electrode.
NATIVE_SEI_ohm_cm2 = 25.0
CHARGE_TRANSFER_ohm_cm2 = 20.0
#: Own: shares of the native SEI that bare lithium adds in the square root of an hour, and in a
#: cycle at 1 mA/cm2, 1 mAh/cm2.
SEI_GROWTH_PER_SQRT_h = 0.04
SEI_GROWTH_PER_CYCLE = 0.010
#: Own: SEI that fills the microcracks of a film, as a share of the native one.
FILLING_FRACTION = 0.2
#: Own: diffusion of lithium salt, ohm cm2 s^-1/2, and the dead lithium that doubles it; its
#: pores are a tortuous way (doi:10.1039/C7TA00371D).
WARBURG_ohm_cm2 = 4.0
DOUBLING_DEAD_mAh_cm2 = 4.0


@dataclass(frozen=True, eq=False)
class Interface:
    """One interface; entry 0 is the fresh cell, entry k comes after cycle k.

    Attributes
    ----------
    sei_ohm_cm2 : float array of shape (n_cycles + 1,)
        SEI, and the coating with it.
    charge_transfer_ohm_cm2 : float array of shape (n_cycles + 1,)
    warburg_ohm_cm2 : float array of shape (n_cycles + 1,)
        Coefficient, in ohm cm2 s^-1/2.
    area_ratio : float array of shape (n_cycles + 1,)
        Reacting over geometric area.
    """

    sei_ohm_cm2: Array
    charge_transfer_ohm_cm2: Array
    warburg_ohm_cm2: Array
    area_ratio: Array

    @property
    def resistance_ohm_cm2(self) -> Array:
        """Return SEI and charge transfer together."""
        return self.sei_ohm_cm2 + self.charge_transfer_ohm_cm2


def interface_of(history: History) -> Interface:
    """Return the interface of lithium with that history.

    Notes
    -----
    The SEI of exposed lithium thickens with the square root of time, as electrolyte has to
    pass what is there (doi:10.1149/1.2128859, doi:10.1149/2.044302jes), and with every cycle
    that breaks it. Charge transfer falls as the real area grows
    (doi:10.1002/adma.201605531, doi:10.1039/C4CP05865H).
    """
    n_cycles = history.ce_fraction.size
    sqrt_h = np.sqrt(history.conditions.cycle_h * np.arange(n_cycles + 1))
    at_rest = np.concatenate([[0.0], np.cumsum(history.exposed_fraction[1:] * np.diff(sqrt_h))])
    grown = (
        SEI_GROWTH_PER_SQRT_h * at_rest
        + SEI_GROWTH_PER_CYCLE * history.wear_cycles
        + FILLING_FRACTION * history.lithium.coated_fraction * history.microcracked_fraction
    )
    area_ratio = history.lithium.area_ratio
    reacting = reacting_area_ratio(history.roughness_ratio)
    return Interface(
        sei_ohm_cm2=sei_ohm_cm2(history, grown),
        charge_transfer_ohm_cm2=CHARGE_TRANSFER_ohm_cm2 / reacting / area_ratio,
        warburg_ohm_cm2=WARBURG_ohm_cm2 * (1 + history.dead_mAh_cm2 / DOUBLING_DEAD_mAh_cm2),
        area_ratio=reacting * area_ratio,
    )


def resting_interface(history: History, time_h: Array) -> Interface:
    """Return the interface of the fresh cell after so many hours at open circuit.

    Nothing cracks and nothing roughens: the SEI of what no film shields thickens.
    """
    grown = SEI_GROWTH_PER_SQRT_h * history.exposed_fraction[0] * np.sqrt(time_h)
    fresh = interface_of(history)
    return Interface(
        sei_ohm_cm2=sei_ohm_cm2(history, grown),
        charge_transfer_ohm_cm2=np.full(time_h.size, fresh.charge_transfer_ohm_cm2[0]),
        warburg_ohm_cm2=np.full(time_h.size, fresh.warburg_ohm_cm2[0]),
        area_ratio=np.full(time_h.size, fresh.area_ratio[0]),
    )


def sei_ohm_cm2(history: History, grown: Array) -> Array:
    """Return SEI and coating, from what was added as a share of the native SEI."""
    native_ohm_cm2 = NATIVE_SEI_ohm_cm2 * history.native_sei_ratio
    total_ohm_cm2: Array = native_ohm_cm2 * (1 + grown) + history.film_resistance_ohm_cm2
    return total_ohm_cm2 / history.lithium.area_ratio
