"""Growth of the SEI's resistance: late over early, in one cell."""

from training.cohort import Cohort
from training.target import Labels, Target, certain, outcome

TARGET = Target(
    name="r_sei_growth",
    unit="ratio",
    scale="log10",
    source="own, after doi:10.1002/adma.201605531",
    intended_use="Estimate how many times the interface's resistance grows, to choose coatings "
    "that stay intact.",
)


def labels(cohort: Cohort) -> Labels:
    """Return resistance late in the test over resistance of the fresh cell."""
    return certain(outcome(cohort, "r_sei_growth_ratio", TARGET.name))
