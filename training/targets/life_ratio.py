"""What a coating adds to cycle life: life of a cell over that of its control."""

import numpy as np

from training.cohort import Cohort
from training.target import Labels, Target, control_rows, outcome, was_stopped

TARGET = Target(
    name="life_ratio",
    unit="ratio",
    scale="log10",
    source="own, after doi:10.1002/adma.201605531",
    intended_use="Estimate how many times longer a cell lasts with its coating than without.",
    is_paired=True,
)


def labels(cohort: Cohort) -> Labels:
    """Return the gains in life: bounds where the coated cell outlived its test.

    A control that outlived its test tells nothing: the ratio is bounded from above only.
    """
    life = outcome(cohort, "cycle_life_cycles", TARGET.name)
    is_stopped = was_stopped(cohort)
    control = control_rows(cohort, TARGET.name)
    is_known = (control >= 0) & ~is_stopped[control]
    return Labels(np.where(is_known, life / life[control], np.nan), is_stopped & is_known)
