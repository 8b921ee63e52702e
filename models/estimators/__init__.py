"""Estimators, one module each with ``build(seed) -> Pipeline``; its name is the model's.

A module also says how simple it is (``COMPLEXITY``), whether it learns from lives of tests
that were stopped (``USES_CENSORED``), and whether it knows its own standard deviation
(``HAS_SD``). ``blend:ridge+gaussian_process`` is the mean of the members named; plain
``blend`` is that of its default members.
"""

import warnings
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from features.errors import InvalidRecord, UnknownName

Array = NDArray[np.float64]
BLEND = "blend:"
#: Fewer lives that ended are nothing to learn from.
FEWEST_LABELS = 2
FEWEST_MEMBERS = 2


def estimator_names() -> list[str]:
    """Return the names of all estimators."""
    return sorted(module.name for module in iter_modules(__path__))


def build(name: str, seed: int) -> Pipeline:
    """Return an unfitted pipeline by name.

    Raises
    ------
    UnknownName
        If there is no such estimator, or no such member of a blend.
    """
    if members := _members(name):
        blend: Pipeline = _module("blend").of([(each, build(each, seed)) for each in members])
        return blend
    pipeline: Pipeline = _module(name).build(seed)
    return pipeline


def blend_of(names: Sequence[str]) -> str:
    """Return the name of the mean of some models.

    Examples
    --------
    >>> blend_of(["ridge", "gaussian_process"])
    'blend:ridge+gaussian_process'
    """
    return BLEND + "+".join(names)


def complexity(name: str) -> int:
    """Return the rank of an estimator by simplicity, the mean first.

    Examples
    --------
    >>> complexity("mean") < complexity("ridge") < complexity("blend:mean+ridge")
    True
    """
    members = _members(name)
    own: int = _module("blend" if members else name).COMPLEXITY
    return own + sum(complexity(member) for member in members)


def uses_censored(name: str) -> bool:
    """Return whether an estimator learns from right-censored labels."""
    if members := _members(name):
        return any(uses_censored(member) for member in members)
    return bool(_module(name).USES_CENSORED)


def has_sd(name: str) -> bool:
    """Return whether an estimator knows its own standard deviation."""
    if members := _members(name):
        return any(has_sd(member) for member in members)
    return bool(_module(name).HAS_SD)


def fitted(
    pipeline: Pipeline, X: Array, y: Array, *, is_censored: NDArray[np.bool_] | None = None
) -> Pipeline:
    """Return the pipeline, fitted on one thread: small matrices gain nothing from more.

    Parameters
    ----------
    pipeline : Pipeline
    X : float array of shape (n_cells, n_descriptors)
    y : float array of shape (n_cells,)
        On the learning scale.
    is_censored : bool array of shape (n_cells,), optional
        Where y is a lower bound. Only an estimator that can use bounds sees these rows.

    Raises
    ------
    InvalidRecord
        If fewer than two labels are more than a bound.
    """
    is_bound = np.zeros(len(y), dtype=bool) if is_censored is None else np.asarray(is_censored)
    if np.sum(~is_bound) < min(FEWEST_LABELS, len(y)):
        raise InvalidRecord(
            f"Of {len(y)} training cells {np.sum(is_bound)} were stopped alive; a model needs "
            f"{FEWEST_LABELS} lives that ended: add cells, or cycle on."
        )
    with warnings.catch_warnings(), threadpool_limits(1):
        # A kernel parameter at its bound is an answer (no curvature, no trend), not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if is_bound.any() and getattr(pipeline[-1], "uses_censored", False):
            of_last = {f"{pipeline.steps[-1][0]}__is_censored": is_bound}
            return pipeline.fit(X, y, **of_last)
        return pipeline.fit(X[~is_bound], y[~is_bound])


def _members(name: str) -> Sequence[str]:
    """Return the members of a blend, none of any other model."""
    if name == "blend":
        default: Sequence[str] = _module(name).DEFAULT_MEMBERS
        return default
    if not name.startswith(BLEND):
        return ()
    members = name.removeprefix(BLEND).split("+")
    if len(set(members)) < len(members) or len(members) < FEWEST_MEMBERS:
        raise UnknownName(f"'{name}' needs two or more different members: {BLEND}ridge+svr.")
    return members


def _module(name: str) -> ModuleType:
    if name not in estimator_names():
        raise UnknownName(
            f"No model is called '{name}'; there are {', '.join(estimator_names())}, and "
            f"{BLEND}NAME+NAME for the mean of several."
        )
    return import_module(f"{__name__}.{name}")
