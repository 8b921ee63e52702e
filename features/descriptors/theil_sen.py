"""The slope that most pairs of points agree on; one odd cycle does not tilt it (Theil, Sen)."""

import numpy as np
from numpy.typing import ArrayLike

#: All pairs of so many points are a hundred thousand; of longer series, so many are taken.
N_MOST = 500


def theil_sen_slope(x: ArrayLike, y: ArrayLike) -> float:
    """Return the median slope between all pairs of points.

    Parameters
    ----------
    x, y : array_like of float, shape (n_points,)
        At least two different values of ``x``. Beyond 500 points, 500 evenly spaced
        ones stand for all.

    Examples
    --------
    >>> theil_sen_slope([1, 2, 3, 4], [0, 2, 99, 6])
    2.0
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.size > N_MOST:
        taken = np.linspace(0, x.size - 1, N_MOST).round().astype(np.int64)
        x, y = x[taken], y[taken]
    first, second = np.triu_indices(x.size, 1)
    run = x[second] - x[first]
    rise = y[second] - y[first]
    return float(np.median(rise[run != 0] / run[run != 0]))
