"""How many times the lithium in excess could refill what is cycled."""

import numpy as np

from features.end_of_life import lithium_balance
from features.records import Cell
from features.registry import descriptor


@descriptor(version=1, source="own, after doi:10.1002/adma.201605531")
def log10_lithium_excess_ratio(cell: Cell) -> float:
    """Return log10 of the lithium in excess over what is cycled.

    An excess that is lost by 1 - CE of each cycle lasts N = Q_excess / (Q_cap (1 - CE))
    cycles, so log10 N is this number plus lce: a life's prior mean, from which it departs
    by the efficiency.
    """
    excess_mAh_cm2, cycled_mAh_cm2 = lithium_balance(cell)
    return float(np.log10(excess_mAh_cm2 / cycled_mAh_cm2))
