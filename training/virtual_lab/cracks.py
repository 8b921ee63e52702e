"""How a film cracks under the breathing of lithium: microcracks first, open cracks later.

Both follow Weibull's law (doi:10.1115/1.4010337) with one common scale, the endurance of the
film. A film as dried is full of flaws of every size, and the worst give way in the first
cycles: the hazard falls, the shape is below 1. Such a microcrack lets solvent seep in, which
fills it with SEI. Lithium grows through only where microcracks have linked up: that hazard
rises, the shape is above 1. So the damage shows in the resistance of the interface long
before it shows in the efficiency, as impedance tells of a failing anticorrosion coating
before the eye does (doi:10.3390/polym14122306). The two shapes are the project's own.
"""

import numpy as np
from numpy.typing import NDArray

from training.virtual_lab.conditions import Conditions
from training.virtual_lab.film import Film, endurance_fraction

#: Calibrated to Cu3N + SBR, more than 100 cycles at 1 mA/cm2 and 1 mAh/cm2 and 300 in ether
#: (doi:10.1002/adma.201605531): cycles at 1 mA/cm2, 1 mAh/cm2 of the best conceivable film.
LONGEST_ENDURANCE_CYCLES = 450.0
#: Own: more lithium per cycle lifts the film higher, faster lithium strains it less evenly.
ENDURANCE_EXPONENTS = (-0.4, -0.8)
#: Own: Weibull shapes, see above.
MICROCRACK_SHAPE, OPEN_CRACK_SHAPE = 0.5, 2.0


def endurance_cycles(film: Film, conditions: Conditions, endurance_ratio: float = 1.0) -> float:
    """Return the cycles after which exp(-1) of a film is free of open cracks."""
    return (
        LONGEST_ENDURANCE_CYCLES
        * endurance_fraction(film)
        * conditions.power_law(ENDURANCE_EXPONENTS)
        * endurance_ratio
    )


def microcracked_fraction(n_cycles: int, endurance_cycles: float) -> NDArray[np.float64]:
    """Return the share of the film that solvent seeps into, shape (n_cycles + 1,)."""
    return _failed_fraction(n_cycles, endurance_cycles, MICROCRACK_SHAPE)


def open_fraction(n_cycles: int, endurance_cycles: float) -> NDArray[np.float64]:
    """Return the share of the film that lithium grows through, shape (n_cycles + 1,)."""
    return _failed_fraction(n_cycles, endurance_cycles, OPEN_CRACK_SHAPE)


def _failed_fraction(n_cycles: int, scale_cycles: float, shape: float) -> NDArray[np.float64]:
    failed: NDArray[np.float64] = -np.expm1(-((np.arange(n_cycles + 1) / scale_cycles) ** shape))
    return failed
