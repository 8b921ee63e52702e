"""Whether a cell shows signs of a soft short, which looks like the best cell of the batch."""

from features.records import Cell
from features.registry import descriptor
from features.soft_short import signs_of_short

MENKIN_2024 = "doi:10.1039/D3FD00101F"


@descriptor(version=2, source=f"own, after {MENKIN_2024}")
def is_soft_short(cell: Cell) -> float:
    """Return 1 if any sign S1 to S5 of a soft short is seen, else 0.

    0 is no proof: between rows far apart, sign S6, a short goes unseen.
    """
    return float(bool(signs_of_short(cell)))


@descriptor(version=2, source=f"own, after {MENKIN_2024}")
def n_soft_short_cycles(cell: Cell) -> float:
    """Return in how many cycles a sign of a soft short is seen."""
    return float(len({flag.cycle for flag in signs_of_short(cell)}))
