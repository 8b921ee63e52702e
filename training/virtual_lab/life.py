"""When a simulated cell is dead: an event that two of three consecutive cycles confirm."""

import numpy as np
from numpy.typing import NDArray

from features.end_of_life import first_confirmed

#: Event ``ce_collapse`` of the project's end-of-life rules.
COLLAPSED_CE_FRACTION = 0.90
#: Event ``polarisation`` of the same rules.
POLARISED_V = 0.5
#: Cells are followed so far; a longer life is censored.
HORIZON_CYCLES = 2000


def first_confirmed_cycle(is_failing: NDArray[np.bool_]) -> int | None:
    """Return the first failing cycle, from 1, that two of three consecutive cycles confirm.

    Examples
    --------
    >>> first_confirmed_cycle(np.array([True, False, False, True, False, True]))
    4
    """
    first = first_confirmed(is_failing)
    return None if first is None else first + 1
