"""The lithium that a cycle costs: SEI that cracked and grew anew, and dead lithium.

Rough lithium breaks more SEI and leaves more of itself behind without contact; of the two,
dead lithium is the larger share the lower the efficiency (doi:10.1038/s41586-019-1481-z).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Calibrated to bare Li||Cu at 1 mA/cm2, 1 mAh/cm2 (doi:10.1002/adma.201605531): 95 % at first,
#: 70 % in cycle 50. How it divides is own: half and half at 95 %, mostly dead at 70 %.
SEI_LOSS_FRACTION, DEAD_LOSS_FRACTION = 0.022, 0.0215
#: Calibrated to Cu3N + SBR of the same paper: 97.4 % in cycles 20 to 70.
SHIELDED_LOSS_SAVED_FRACTION = 0.48
#: Calibrated to the same at 0.25 mA/cm2, 0.5 mAh/cm2: about 98 %. A higher capacity per cycle
#: dilutes the SEI's share (doi:10.1002/aenm.201702097).
LOSS_EXPONENTS = (0.22, -0.15)
#: Own: rough lithium is screened by its own SEI, so not all of its area reacts.
REACTING_EXPONENT = 0.6
#: Own: loss to the first SEI on the substrate in cycle 1, and how fast it fades.
FORMATION_LOSS_FRACTION, FORMATION_CYCLES = 0.006, 1.5


@dataclass(frozen=True, eq=False)
class Losses:
    """Shares of the plated charge, float arrays of shape (n_cycles,), small ones by far.

    Attributes
    ----------
    sei_fraction : float array
        Spent on SEI, the first on the substrate included.
    dead_fraction : float array
        Left behind as metal without contact.
    """

    sei_fraction: Array
    dead_fraction: Array

    @property
    def ce_fraction(self) -> Array:
        """Return the Coulombic efficiency; ``exp(-loss)`` stays inside (0, 1) for any loss."""
        return np.exp(-(self.sei_fraction + self.dead_fraction))


def losses(exposed: Array, roughness_ratio: Array, reactivity: float) -> Losses:
    """Return the losses of cycles 1 to n.

    Parameters
    ----------
    exposed, roughness_ratio : float array of shape (n_cycles + 1,)
        Share of lithium that no film shields; real over geometric area.
    reactivity : float
        Of electrolyte, current density and capacity, 1 for the reference.
    """
    unshielded = reactivity * (1 - SHIELDED_LOSS_SAVED_FRACTION * (1 - exposed[1:]))
    formation = FORMATION_LOSS_FRACTION * np.exp(-np.arange(exposed.size - 1) / FORMATION_CYCLES)
    repair = SEI_LOSS_FRACTION * reacting_area_ratio(roughness_ratio[1:])
    return Losses(
        sei_fraction=unshielded * repair + reactivity * formation,
        dead_fraction=unshielded * DEAD_LOSS_FRACTION * roughness_ratio[1:],
    )


def reacting_area_ratio(roughness_ratio: Array) -> Array:
    """Return the area that reacts over the geometric one."""
    reacting: Array = roughness_ratio**REACTING_EXPONENT
    return reacting
