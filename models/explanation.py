"""What each descriptor adds to a prediction, such that all add up to its departure from the mean.

Going from the mean of the training cells to the cell asked about, descriptor by descriptor,
each step moves the prediction. A model that is a sum does not care for the order of steps.
For any other, each descriptor gets its mean step over several orders and their reverses, an
estimate of its Shapley value (Strumbelj and Kononenko 2014, doi:10.1007/s10115-013-0679-x)
whose sum is exact in every order.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.compiled import Model

Array = NDArray[np.float64]
#: Orders beside their reverses.
N_ORDERS = 4


def contributions(model: Model, row: Array, mean_row: Array) -> Array:
    """Return what each descriptor adds to the prediction at the mean row.

    Parameters
    ----------
    model : Model
        A stack of which the first model counts.
    row, mean_row : float arrays of shape (n_descriptors,)
        NaN where not measured.

    Returns
    -------
    float array of shape (n_descriptors,)
        On the learning scale.
    """
    orders = _orders(row.size, 1 if model.is_additive else N_ORDERS)
    steps = np.where(_is_reached(orders), row, mean_row)
    values = model.answers(steps.reshape(-1, row.size))[0][:, 0].reshape(len(orders), -1)
    moved = np.zeros(row.size)
    for order, change in zip(orders, np.diff(values, axis=1), strict=True):
        moved[order] += change
    return moved / len(orders)


@lru_cache(maxsize=64)
def _orders(n_descriptors: int, n_orders: int) -> NDArray[np.intp]:
    """Return orders of the descriptors, always the same ones, (n_orders or twice, n)."""
    if n_orders == 1:
        return np.arange(n_descriptors)[None, :]
    rng = np.random.default_rng(0)
    some = [np.arange(n_descriptors)]
    some += [rng.permutation(n_descriptors) for _ in range(n_orders - 1)]
    return np.array([*some, *(order[::-1] for order in some)])


def _is_reached(orders: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which descriptors are the cell's own after each step, (n_orders, n + 1, n)."""
    place = np.argsort(orders, axis=1)
    return place[:, None, :] < np.arange(orders.shape[1] + 1)[None, :, None]
