"""Errors that the models of a stack make on the cells they have not seen."""

import numpy as np
from numpy.typing import NDArray

from models.compiled import Model

Array = NDArray[np.float64]


def held_out_errors(
    model: Model,
    X: Array,
    y: Array,
    is_censored: NDArray[np.bool_],
    fold_of_row: NDArray[np.int64],
    *,
    ceiling: float = np.inf,
) -> Array:
    """Return the absolute error of each row, by the model that has not seen its fold.

    Parameters
    ----------
    model : Model
        Stack of the model of all cells, then of one a fold.
    X : float array of shape (n_rows, n_descriptors)
    y : float array of shape (n_rows,)
        On the learning scale.
    is_censored : bool array of shape (n_rows,)
        Where y is a bound: a prediction beyond it is no known error.
    fold_of_row : int array of shape (n_rows,)
    ceiling : float
        Highest y that counts: predictions and bounds beyond it are taken for it.

    Returns
    -------
    float array of shape (n_rows,)
        Over the model's standard deviation, if it keeps one.
    """
    errors = np.zeros(len(y))
    for fold in np.unique(fold_of_row):
        rows = np.flatnonzero(fold_of_row == fold)
        value, sd = (each[:, 0] for each in model.only([int(fold) + 1]).answers(X[rows]))
        missed = np.minimum(y[rows], ceiling) - np.minimum(value, ceiling)
        is_bound = is_censored[rows] & (y[rows] < ceiling)
        known = np.where(is_bound, np.maximum(missed, 0.0), np.abs(missed))
        errors[rows] = known / sd
    return errors
