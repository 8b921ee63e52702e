"""Capacity retention: capacity at the time of a measurement over the first capacity."""

from training.cohort import Cohort
from training.target import Labels, Target, certain, outcome

TARGET = Target(
    name="capacity_retention",
    unit="fraction",
    scale="linear",
    source="doi:10.1038/s41467-020-15235-7",
    intended_use="Estimate how much of a full cell's first capacity is left, from a spectrum.",
)


def labels(cohort: Cohort) -> Labels:
    """Return the retained fractions of capacity."""
    return certain(outcome(cohort, "capacity_retention_fraction", TARGET.name))
