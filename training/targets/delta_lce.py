"""What a coating adds to Coulombic efficiency: lce of a cell less that of its control.

Offsets between labs and electrolytes cancel in it.
"""

import numpy as np

from models.scales import scale_of
from training.cohort import Cohort
from training.target import Labels, Target, certain, control_rows, outcome

TARGET = Target(
    name="delta_lce",
    unit="lce",
    scale="linear",
    source="own, after doi:10.1073/pnas.2214357120",
    intended_use="Estimate what a coating adds to the efficiency of the same cell without it.",
    is_paired=True,
    depends_on_method=True,
)


def labels(cohort: Cohort) -> Labels:
    """Return the gains in lce; controls themselves have none."""
    lce = scale_of("lce").forward(outcome(cohort, "ce_fraction", TARGET.name))
    control = control_rows(cohort, TARGET.name)
    return certain(np.where(control >= 0, lce - lce[control], np.nan))
