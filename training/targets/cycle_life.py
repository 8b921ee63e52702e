"""Cycle life: the cycle at which a cell ended, a lower bound where its test was stopped."""

from collections.abc import Iterator

import numpy as np

from features.end_of_life import lithium_balance
from features.errors import NotMeasured
from training.cohort import Cohort
from training.target import Array, Labels, Target, outcome, was_stopped

TARGET = Target(
    name="cycle_life",
    unit="cycles",
    scale="log10",
    source="doi:10.1038/s41560-019-0356-8",
    intended_use="Estimate how many cycles a cell will last, to choose what to make or measure "
    "next.",
    cap_ratio=1.25,
)
#: A life beyond so many times what its lithium excess allows contradicts its efficiency.
INCONSISTENT_RATIO = 2.0


def labels(cohort: Cohort) -> Labels:
    """Return the lives; those of stopped tests are bounds."""
    life = outcome(cohort, "cycle_life_cycles", TARGET.name)
    return Labels(life, was_stopped(cohort), dict(_inconsistent(cohort, life)))


def _inconsistent(cohort: Cohort, life: Array) -> Iterator[tuple[str, str]]:
    """Yield cells that outlive N = Q_excess / (Q_cap (1 - CE)) more than twofold."""
    if "ce_fraction" not in cohort.outcomes:
        return
    ce = cohort.outcomes["ce_fraction"].to_numpy(dtype=float)
    for row, cell in enumerate(cohort.cells):
        try:
            excess_mAh_cm2, cycled_mAh_cm2 = lithium_balance(cell)
        except NotMeasured:
            continue
        lasting = excess_mAh_cm2 / (cycled_mAh_cm2 * max(1 - ce[row], np.finfo(float).tiny))
        if life[row] > INCONSISTENT_RATIO * lasting:
            yield (
                cell.cell_id,
                f"a life of {life[row]:.0f} cycles; at a CE of {ce[row]:.4f} its lithium excess "
                f"lasts {lasting:.0f}",
            )
