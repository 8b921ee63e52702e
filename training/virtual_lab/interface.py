"""Resistances of one lithium interface over the cycles, per geometric area."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.virtual_lab.chemistry import History

#: Own: electrolyte and separator of a coin cell.
SERIES_RESISTANCE_ohm_cm2 = 5.0
#: Own: fresh lithium in carbonate, one electrode.
NATIVE_SEI_ohm_cm2 = 25.0
CHARGE_TRANSFER_ohm_cm2 = 20.0
#: Own: share of the native SEI that a cycle of bare lithium adds at 1 mA/cm2, 1 mAh/cm2.
SEI_GROWTH_PER_CYCLE = 0.03
#: Own: rough lithium is screened by its own SEI, so not all of its area reacts.
AREA_EXPONENT = 0.6


@dataclass(frozen=True, eq=False)
class Interface:
    """One interface; entry 0 is the fresh cell, entry k comes after cycle k.

    Attributes
    ----------
    sei_ohm_cm2 : float array of shape (n_cycles + 1,)
        SEI, and the coating with it.
    charge_transfer_ohm_cm2 : float array of shape (n_cycles + 1,)
    area_ratio : float array of shape (n_cycles + 1,)
        Reacting over geometric area.
    """

    sei_ohm_cm2: NDArray[np.float64]
    charge_transfer_ohm_cm2: NDArray[np.float64]
    area_ratio: NDArray[np.float64]

    @property
    def resistance_ohm_cm2(self) -> NDArray[np.float64]:
        """Return SEI and charge transfer together."""
        return self.sei_ohm_cm2 + self.charge_transfer_ohm_cm2


def interface_of(history: History) -> Interface:
    """Return the interface of lithium with that history.

    Notes
    -----
    The SEI of exposed lithium thickens with every cycle, that under a film hardly does.
    Charge transfer falls as the real area grows (doi:10.1002/adma.201605531).
    """
    grown = 1 + SEI_GROWTH_PER_CYCLE * history.wear_cycles
    area_ratio = history.roughness_ratio**AREA_EXPONENT
    return Interface(
        sei_ohm_cm2=NATIVE_SEI_ohm_cm2 * grown + history.film_resistance_ohm_cm2,
        charge_transfer_ohm_cm2=CHARGE_TRANSFER_ohm_cm2 / area_ratio,
        area_ratio=area_ratio,
    )
