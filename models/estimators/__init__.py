"""Estimators, one module each with ``build(seed) -> Pipeline``; its name is the model's."""

import warnings
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from features.errors import UnknownName

Array = NDArray[np.float64]


def estimator_names() -> list[str]:
    """Return the names of all estimators."""
    return sorted(module.name for module in iter_modules(__path__))


def build(name: str, seed: int) -> Pipeline:
    """Return an unfitted pipeline by name.

    Raises
    ------
    UnknownName
        If there is no such estimator.
    """
    if name not in estimator_names():
        raise UnknownName(f"No model is called '{name}'; there are {', '.join(estimator_names())}.")
    pipeline: Pipeline = import_module(f"{__name__}.{name}").build(seed)
    return pipeline


def answer(pipeline: Pipeline, X: Array, *, with_sd: bool = False) -> tuple[Array, Array]:
    """Return prediction and standard deviation (1 unless asked for), each of shape (n,).

    Rows go through one by one: in a batch, matrix products round differently with its
    size, and one cell must get one answer, alone or in company.
    """
    if not with_sd:
        return np.array([pipeline.predict(row)[0] for row in X[:, None]]), np.ones(len(X))
    pairs = [pipeline.predict(row, return_std=True) for row in X[:, None]]
    return np.array([value[0] for value, _ in pairs]), np.array([sd[0] for _, sd in pairs])


def fitted(pipeline: Pipeline, X: Array, y: Array) -> Pipeline:
    """Return the pipeline, fitted on one thread: small matrices gain nothing from more."""
    with warnings.catch_warnings(), threadpool_limits(1):
        # A kernel parameter at its bound is an answer (no curvature, no trend), not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(X, y)
