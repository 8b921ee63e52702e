"""What measuring and the chance of every deposit add, drawn for a whole life at once.

So a longer test extends a shorter one, and a life does not depend on how much is recorded.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.virtual_lab.life import HORIZON_CYCLES

#: Own: scatter of measured CE from the cycler's current and clock alone.
CHARGE_NOISE_FRACTION = 2e-4
#: Own: no two deposits polarise alike, and no room keeps its temperature: standard deviation
#: of the natural logarithm of a half-cycle's overpotential.
DEPOSIT_SPREAD = 0.03


@dataclass(frozen=True, eq=False)
class Noise:
    """The chance in one cell's record.

    Attributes
    ----------
    charge_ratio : float array of shape (HORIZON_CYCLES,)
        Measured over true CE.
    polarisation_ratio : float array of shape (HORIZON_CYCLES, 2)
        Overpotential of every half-cycle over the usual one.
    voltage : Generator
        For the reading of the voltage, row by row.
    """

    charge_ratio: NDArray[np.float64]
    polarisation_ratio: NDArray[np.float64]
    voltage: np.random.Generator


def noise_of(
    charge: np.random.Generator, deposit: np.random.Generator, voltage: np.random.Generator
) -> Noise:
    """Return the chance of one cell, from three independent generators."""
    return Noise(
        charge_ratio=1 + charge.normal(0, CHARGE_NOISE_FRACTION, HORIZON_CYCLES),
        polarisation_ratio=np.exp(deposit.normal(0, DEPOSIT_SPREAD, (HORIZON_CYCLES, 2))),
        voltage=voltage,
    )
