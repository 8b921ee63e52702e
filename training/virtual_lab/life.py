"""When a simulated cell is dead: an event that two of three consecutive cycles confirm."""

import numpy as np
from numpy.typing import NDArray

#: Event ``ce_collapse`` of the project's end-of-life rules.
COLLAPSED_CE_FRACTION = 0.90
#: Event ``polarisation`` of the same rules.
POLARISED_V = 0.5
#: Cells are followed so far; a longer life is censored.
HORIZON_CYCLES = 2000


def first_confirmed_cycle(is_failing: NDArray[np.bool_]) -> int | None:
    """Return the first failing cycle, from 1, that two of three consecutive cycles confirm.

    Parameters
    ----------
    is_failing : bool array of shape (n_cycles,)

    Returns
    -------
    int or None
        None where no failure is confirmed.

    Examples
    --------
    >>> first_confirmed_cycle(np.array([True, False, False, True, False, True]))
    4
    """
    next_two = np.concatenate([is_failing[1:], [False, False]])
    is_confirmed = is_failing & (next_two[:-1] | next_two[1:])
    return int(np.argmax(is_confirmed)) + 1 if is_confirmed.any() else None
