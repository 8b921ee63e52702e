"""The slope that most pairs of points agree on; one odd cycle does not tilt it (Theil, Sen)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from features.oriented_record import medians

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
    rise, run = _differences(y), _differences(x)
    is_apart = run != 0
    if not is_apart.all():
        rise, run = rise[is_apart], run[is_apart]
    rise /= run
    return float(medians(rise))


def _differences(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the difference of every pair of values once, whichever of them comes first.

    Notes
    -----
    The values stand in a ring: each is subtracted from the next, from the one after that, and
    so on halfway round. Of an even number, those opposite each other would meet twice.
    """
    n_lags = (values.size - 1) // 2
    ring = np.concatenate([values, values[:n_lags]])
    n_opposite = values.size // 2 if values.size % 2 == 0 else 0
    differences = np.empty(n_lags * values.size + n_opposite)
    by_lag = differences[: n_lags * values.size].reshape(n_lags, values.size)
    np.subtract(sliding_window_view(ring, values.size)[1:], values, out=by_lag)
    opposite = values[n_opposite : 2 * n_opposite] - values[:n_opposite]
    differences[by_lag.size :] = opposite
    return differences
