"""From fitted scikit-learn pipelines to the arrays that answer, see ``models.compiled``."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from features.errors import UnknownName
from models.boosting import BoostedTrees
from models.compiled.blend import Blend as CompiledBlend
from models.compiled.constant import Constant
from models.compiled.gaussian_process import GaussianProcess
from models.compiled.linear import Linear
from models.compiled.piece import Array, Model
from models.compiled.preparation import Preparation
from models.compiled.support_vectors import SupportVectors
from models.compiled.trees import LEAF, Trees
from models.estimators.blend import Blend
from models.guard_band import GuardBand

WAY_OUT = "give it a compiled form in models/compiled and models/compiler.py"


def compiled(pipelines: Sequence[Pipeline], n_descriptors: int, *, with_sd: bool = False) -> Model:
    """Return fitted pipelines of one kind as one stack.

    Parameters
    ----------
    pipelines : sequence of Pipeline
        Fitted; what is in one is in all.
    n_descriptors : int
    with_sd : bool
        Whether to keep what standard deviations need, which is most of a Gaussian process.

    Raises
    ------
    UnknownName
        If a part of the pipelines has no compiled form.
    """
    last = pipelines[0][-1]
    if isinstance(last, Blend):
        stacks = zip(*(pipeline[-1].members_ for pipeline in pipelines), strict=True)
        members = [compiled(stack, n_descriptors, with_sd=with_sd) for stack in stacks]
        return CompiledBlend(tuple(members))
    if isinstance(last, DummyRegressor):
        return Constant(_numbers(pipelines, lambda last: last.constant_.item()))
    if isinstance(last, BoostedTrees):
        return _trees(pipelines, n_descriptors)
    preparation = _preparation(pipelines, n_descriptors)
    if isinstance(last, GaussianProcessRegressor):
        return _gaussian_process(preparation, pipelines, with_sd=with_sd)
    if isinstance(last, TransformedTargetRegressor):
        return _support_vectors(preparation, pipelines)
    if hasattr(last, "coef_"):
        weight = [_widened(each[-1].coef_, each, preparation) for each in pipelines]
        intercept = _numbers(pipelines, lambda last: last.intercept_)
        return Linear(preparation, np.stack(weight), intercept)
    raise UnknownName(f"{type(last).__name__} cannot be compiled; {WAY_OUT}.")


def _numbers(pipelines: Sequence[Pipeline], of: Callable[[Any], float]) -> Array:
    """Return one number of each pipeline's last step."""
    return np.array([float(of(pipeline[-1])) for pipeline in pipelines])


# ---------------------------------------------------------------------------- preparation


def _preparation(pipelines: Sequence[Pipeline], n_descriptors: int) -> Preparation:
    known = (GuardBand, SimpleImputer, StandardScaler)
    for step in pipelines[0][:-1]:
        if not isinstance(step, known):
            raise UnknownName(f"{type(step).__name__} cannot be compiled; {WAY_OUT}.")
    is_flagged = np.stack([_is_flagged(pipeline, n_descriptors) for pipeline in pipelines])
    flagged = np.flatnonzero(is_flagged.any(axis=0))
    parts = [_prepared(pipeline, n_descriptors, flagged) for pipeline in pipelines]
    lower, upper, fill, centre, scale = (np.stack(each) for each in zip(*parts, strict=True))
    return Preparation(
        lower=lower,
        upper=upper,
        fill=fill,
        flagged=np.tile(flagged.astype(np.int64), (len(pipelines), 1)),
        is_flagged=is_flagged[:, flagged],
        centre=centre,
        scale=scale,
    )


def _prepared(
    pipeline: Pipeline, n_descriptors: int, flagged: NDArray[np.intp]
) -> tuple[Array, Array, Array, Array, Array]:
    """Return band, fill, centre and scale of one model, columns as the stack has them."""
    lower, upper = _band(pipeline, n_descriptors)
    fill = np.zeros(n_descriptors)
    if imputer := _step(pipeline, SimpleImputer):
        fill = np.nan_to_num(imputer.statistics_)
    centre, scale = np.zeros(n_descriptors + flagged.size), np.ones(n_descriptors + flagged.size)
    if scaler := _step(pipeline, StandardScaler):
        columns = _own_columns(pipeline, n_descriptors, flagged)
        centre[columns], scale[columns] = scaler.mean_, scaler.scale_
    return lower, upper, fill, centre, scale


def _band(pipeline: Pipeline, n_descriptors: int) -> tuple[Array, Array]:
    if guard := _step(pipeline, GuardBand):
        return guard.lower_, guard.upper_
    return np.full(n_descriptors, -np.inf), np.full(n_descriptors, np.inf)


def _step(pipeline: Pipeline, kind: type) -> Any:
    """Return the first step of a kind, or None."""
    return next((step for step in pipeline[:-1] if isinstance(step, kind)), None)


def _is_flagged(pipeline: Pipeline, n_descriptors: int) -> NDArray[np.bool_]:
    flags = np.zeros(n_descriptors, dtype=bool)
    imputer = _step(pipeline, SimpleImputer)
    if imputer is not None and imputer.indicator_ is not None:
        flags[imputer.indicator_.features_] = True
    return flags


def _own_columns(
    pipeline: Pipeline, n_descriptors: int, flagged: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return which columns of the stack one model has."""
    own = _is_flagged(pipeline, n_descriptors)[flagged]
    return np.concatenate([np.arange(n_descriptors), n_descriptors + np.flatnonzero(own)])


def _widened(columns: Array, pipeline: Pipeline, preparation: Preparation) -> Array:
    """Return a model's columns (last axis) among those of its stack, zero for the others."""
    wide = np.zeros((*columns.shape[:-1], preparation.n_columns))
    own = _own_columns(pipeline, preparation.n_descriptors, preparation.flagged[0])
    wide[..., own] = columns
    return wide


def _padded(arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return arrays of one rank as one, filled up with zeros at the ends."""
    shape = np.max([array.shape for array in arrays], axis=0)
    stack = np.zeros((len(arrays), *shape), dtype=arrays[0].dtype)
    for target, array in zip(stack, arrays, strict=True):
        target[tuple(slice(length) for length in array.shape)] = array
    return stack


# ------------------------------------------------------------------------- kernel models


def _gaussian_process(
    preparation: Preparation, pipelines: Sequence[Pipeline], *, with_sd: bool
) -> GaussianProcess:
    kernels = [_kernel_numbers(pipeline[-1]) for pipeline in pipelines]
    curved, length, linear, noise = (np.array(each) for each in zip(*kernels, strict=True))
    factors = [_inverse_factor(pipeline[-1]) for pipeline in pipelines] if with_sd else None
    return GaussianProcess(
        preparation=preparation,
        cells=_padded([_widened(each[-1].X_train_, each, preparation) for each in pipelines]),
        weight=_padded([pipeline[-1].alpha_.ravel() for pipeline in pipelines]),
        curved_variance=curved,
        length=length,
        linear_variance=linear,
        noise=noise,
        centre=_numbers(pipelines, lambda last: np.asarray(last._y_train_mean).item()),
        spread=_numbers(pipelines, lambda last: np.asarray(last._y_train_std).item()),
        inverse_factor=_padded(factors) if factors else np.zeros((len(pipelines), 0, 0)),
    )


def _kernel_numbers(process: GaussianProcessRegressor) -> tuple[float, float, float, float]:
    """Return the hyperparameters of curved + linear + white."""
    signal, white = process.kernel_.k1, process.kernel_.k2
    (curved_by, curved), (linear_by, linear) = ((k.k1, k.k2) for k in (signal.k1, signal.k2))
    found = (curved_by, curved, linear_by, linear, white)
    expected = (ConstantKernel, Matern, ConstantKernel, DotProduct, WhiteKernel)
    is_known = all(map(isinstance, found, expected)) and (curved.nu, linear.sigma_0) == (1.5, 0)
    if not is_known:
        raise UnknownName(f"The kernel {process.kernel_} cannot be compiled; {WAY_OUT}.")
    return (
        float(curved_by.constant_value),
        float(curved.length_scale),
        float(linear_by.constant_value),
        float(white.noise_level),
    )


def _inverse_factor(process: GaussianProcessRegressor) -> Array:
    with threadpool_limits(1):
        return np.asarray(solve_triangular(process.L_, np.eye(len(process.L_)), lower=True))


def _support_vectors(preparation: Preparation, pipelines: Sequence[Pipeline]) -> SupportVectors:
    machines = [pipeline[-1].regressor_.best_estimator_ for pipeline in pipelines]
    vectors = [
        _widened(machine.support_vectors_, pipeline, preparation)
        for machine, pipeline in zip(machines, pipelines, strict=True)
    ]
    return SupportVectors(
        preparation=preparation,
        cells=_padded(vectors),
        weight=_padded([machine.dual_coef_.ravel() for machine in machines]),
        sharpness=np.array([float(machine._gamma) for machine in machines]),
        intercept=np.array([machine.intercept_.item() for machine in machines]),
        centre=_numbers(pipelines, lambda last: last.transformer_.mean_.item()),
        spread=_numbers(pipelines, lambda last: last.transformer_.scale_.item()),
    )


# --------------------------------------------------------------------------------- trees


def _trees(pipelines: Sequence[Pipeline], n_descriptors: int) -> Trees:
    bands = [_band(pipeline, n_descriptors) for pipeline in pipelines]
    lower, upper = (np.stack(each) for each in zip(*bands, strict=True))
    forests = [_forest(pipeline[-1]) for pipeline in pipelines]
    nodes = {name: _padded([forest[name] for forest in forests]) for name in forests[0]}
    # Nodes that only fill up a tree are leaves of value zero.
    is_filling = (nodes["left"] == 0) & (nodes["right"] == 0)
    nodes["descriptor"] = np.where(is_filling, np.int32(LEAF), nodes["descriptor"])
    return Trees(
        lower=lower,
        upper=upper,
        **nodes,
        gain=_numbers(pipelines, lambda last: last.gain_),
        centre=_numbers(pipelines, lambda last: last.centre_),
    )


def _forest(boosted: BoostedTrees) -> dict[str, NDArray[Any]]:
    """Return the nodes of a booster's trees, each array of shape (n_trees, n_nodes)."""
    learner = json.loads(boosted.booster_.save_raw("json"))["learner"]
    trees = [_tree(tree) for tree in learner["gradient_booster"]["model"]["trees"]]
    return {name: _padded([tree[name] for tree in trees]) for name in trees[0]}


def _tree(tree: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the nodes of a tree, children numbered above their parents."""
    left, right = tree["left_children"], tree["right_children"]
    order = [0]
    for node in order:
        if left[node] != LEAF:
            order += [left[node], right[node]]
    number = {node: position for position, node in enumerate(order)} | {LEAF: 0}
    is_leaf = np.array([left[node] == LEAF for node in order])
    descriptor = np.array(tree["split_indices"], dtype=np.int32)[order]
    return {
        "descriptor": np.where(is_leaf, np.int32(LEAF), descriptor),
        # Leaves keep their value where inner nodes keep the threshold.
        "threshold": np.array(tree["split_conditions"], dtype=np.float32)[order],
        "left": np.array([number[left[node]] for node in order], dtype=np.int32),
        "right": np.array([number[right[node]] for node in order], dtype=np.int32),
        "is_blank_left": np.array(tree["default_left"], dtype=bool)[order],
    }
