"""When a simulated cell is dead: the project's end-of-life rules, confirmed in two of three cycles.

One rule for each type of cell: ``ce_collapse`` for Li||Cu, ``polarisation`` for Li||Li,
``lithium_exhausted`` for Li||LTO; thresholds are those of ``features.end_of_life``.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.end_of_life import DEFAULT_RULES, first_confirmed, is_collapsed

#: Cells are followed so far; a longer life is censored.
HORIZON_CYCLES = 2000


def collapse_cycle(ce_fraction: NDArray[np.float64]) -> int | None:
    """Return the first cycle of the confirmed CE collapse, None if there is none.

    Parameters
    ----------
    ce_fraction : float array of shape (n_cycles,)
        As measured.

    Examples
    --------
    >>> collapse_cycle(np.array([0.8, 0.96, 0.96, 0.85, 0.96, 0.85]))
    4
    """
    table = pd.DataFrame({"cycle": np.arange(1, ce_fraction.size + 1), "ce_fraction": ce_fraction})
    return first_confirmed_cycle(is_collapsed(table))


def polarised_cycle(plateaus_V: NDArray[np.float64]) -> int | None:
    """Return the first cycle of the confirmed polarisation, None if there is none.

    Parameters
    ----------
    plateaus_V : float array of shape (n_cycles, 2)
        Overpotential of plating and of stripping.
    """
    first, last = DEFAULT_RULES.polarisation_cycles
    hysteresis_V = plateaus_V.sum(axis=1)
    usual_V = np.median(hysteresis_V[first - 1 : last])
    has_grown = hysteresis_V >= DEFAULT_RULES.polarised_ratio * usual_V
    has_grown[:last] = False
    return first_confirmed_cycle((plateaus_V > DEFAULT_RULES.polarised_V).any(axis=1) | has_grown)


def first_confirmed_cycle(is_failing: NDArray[np.bool_]) -> int | None:
    """Return the first failing cycle, from 1, that two of three consecutive cycles confirm.

    Examples
    --------
    >>> first_confirmed_cycle(np.array([True, False, False, True, False, True]))
    4
    """
    first = first_confirmed(is_failing)
    return None if first is None else first + 1
