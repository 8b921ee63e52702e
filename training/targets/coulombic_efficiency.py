"""Coulombic efficiency: charge stripped over charge plated, learnt as lce.

Averages over cycles and Aurbach's reservoir method are not the same quantity: a run on both
has the method, the current and the capacity among its descriptors.
"""

from training.cohort import Cohort
from training.target import Labels, Target, certain, outcome

TARGET = Target(
    name="coulombic_efficiency",
    unit="fraction",
    scale="lce",
    source="doi:10.1073/pnas.2214357120",
    intended_use="Estimate the Coulombic efficiency of a lithium-metal cell before or early in "
    "its test, to choose what to make or measure next.",
    depends_on_method=True,
)


def labels(cohort: Cohort) -> Labels:
    """Return the Coulombic efficiencies."""
    return certain(outcome(cohort, "ce_fraction", TARGET.name))
