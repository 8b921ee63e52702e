"""What each descriptor adds to a prediction, such that all add up to its departure from the mean.

Going from the mean of the training cells to the cell asked about, descriptor by descriptor,
each step moves the prediction. A model that is a sum does not care for the order of steps.
For any other, each descriptor gets its mean step over several orders and their reverses, an
estimate of its Shapley value (Strumbelj and Kononenko 2014, doi:10.1007/s10115-013-0679-x)
whose sum is exact in every order. Descriptors that go together in the training change one
right after the other and share their steps alike, see ``models.companions``.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from models.compiled import Model
from models.compiled.arithmetic import rows_at_once

Array = NDArray[np.float64]
#: Orders beside their reverses.
N_ORDERS = 4


def contributions(
    model: Model, X: Array, mean_row: Array, companions: NDArray[np.intp] | None = None
) -> Array:
    """Return what each descriptor adds to the prediction at the mean row.

    Parameters
    ----------
    model : Model
        A stack of which the first model counts.
    X : float array of shape (n_rows, n_descriptors)
    mean_row : float array of shape (n_descriptors,)
        NaN where not measured.
    companions : int array of shape (n_descriptors,), optional
        Number of the company each descriptor belongs to; by default each goes alone.

    Returns
    -------
    float array of shape (n_rows, n_descriptors)
        On the learning scale.
    """
    company = np.arange(mean_row.size) if companions is None else companions
    orders = _orders(1 if model.is_additive else N_ORDERS, company.tobytes())
    apart = model.told_apart(X) if len(X) > 1 else None
    if apart is None:
        return _shared(_moved(model, X, mean_row, orders), company)
    first, kind = apart
    return _shared(_moved(model, X[first], mean_row, orders), company)[kind]


def _moved(model: Model, X: Array, mean_row: Array, orders: NDArray[np.intp]) -> Array:
    """Return the mean step of each descriptor over the orders, (n_rows, n_descriptors)."""
    which, step_of = np.arange(len(orders))[:, None], np.argsort(orders, axis=1)
    n_rows = rows_at_once(orders.size * model.numbers_per_row)
    moved = np.empty(X.shape)
    for start in range(0, len(X), n_rows):
        some = slice(start, start + n_rows)
        values = model.along(X[some], mean_row, orders)
        steps = values[:, :, 1:] - values[:, :, :-1]
        moved[some] = np.add.reduce(steps[:, which, step_of], axis=1)
    return moved / len(orders)


def _shared(moved: Array, company: NDArray[np.intp]) -> Array:
    """Return steps of which all members of a company have the same share."""
    for members in _companies(company.tobytes()):
        moved[:, members] = (np.add.reduce(moved[:, members], axis=1) / members.size)[:, None]
    return moved


@lru_cache(maxsize=64)
def _companies(company: bytes) -> list[NDArray[np.intp]]:
    """Return the members of each company of more than one."""
    number = np.frombuffer(company, np.intp)
    some = [np.flatnonzero(number == first) for first in np.unique(number)]
    return [members for members in some if members.size > 1]


@lru_cache(maxsize=64)
def _orders(n_orders: int, company: bytes) -> NDArray[np.intp]:
    """Return orders of the descriptors, always the same ones, (n_orders or twice, n).

    Members of a company stand next to each other in all of them.
    """
    number = np.frombuffer(company, np.intp)
    if n_orders == 1:
        return np.arange(number.size)[None, :]
    rng = np.random.default_rng(0)
    some = [np.arange(number.size)]
    some += [rng.permutation(number.size) for _ in range(n_orders - 1)]
    # A stable sort by the rank of the company's first member keeps the orders of those alone.
    together = [
        order[np.argsort(np.argsort(order)[number][order], kind="stable")] for order in some
    ]
    return np.array([*together, *(order[::-1] for order in together)])
