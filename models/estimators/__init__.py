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


def fitted(pipeline: Pipeline, X: NDArray[np.float64], y: NDArray[np.float64]) -> Pipeline:
    """Return the pipeline, fitted on one thread: small matrices gain nothing from more."""
    with warnings.catch_warnings(), threadpool_limits(1):
        # A kernel parameter at its bound is an answer (no curvature, no trend), not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return pipeline.fit(X, y)
