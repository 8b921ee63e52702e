"""From described cells to a predictor: every model is fitted, compiled and calibrated here."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from features.errors import InvalidRecord, InvalidSetting
from features.table import DescriptorTable
from models.calibration import calibrated, group_folds
from models.compiled import Model
from models.compiled.offset import Offset
from models.compiler import compiled
from models.domain import GUARD_BAND_SD, learn_ranges
from models.estimators import build, fitted, has_sd, uses_censored
from models.held_out import held_out_errors
from models.neighbours import Neighbourhood
from models.open_end import ceiling
from models.prediction import Provenance
from models.predictor import Predictor
from models.scales import scale_of
from models.scope import NO_SCOPE, Scope
from models.task import Task
from models.training_cells import TrainingCells

Array = NDArray[np.float64]


def fit_predictor(
    task: Task,
    table: DescriptorTable,
    labels: Array,
    groups: Sequence[str],
    provenance: Provenance,
    *,
    is_censored: NDArray[np.bool_] | None = None,
    scope: Scope = NO_SCOPE,
) -> Predictor:
    """Return a predictor fitted to described cells, see ``Predictor.fit``."""
    _check(task, table, groups)
    cells = _training_cells(task, table, labels, is_censored)
    scale = scale_of(task.scale)
    y, highest = scale.forward(cells.labels), ceiling(cells, scale)
    fold_of_row = group_folds(groups, task.seed)
    model = _stack(task, cells, y, fold_of_row, table.names)
    errors = held_out_errors(
        model, cells.descriptors, y, cells.is_censored, fold_of_row, ceiling=highest
    )
    is_bound = cells.is_censored & (y < highest)
    return Predictor(
        task=task,
        n_cycles=table.n_cycles,
        descriptor_versions=dict(table.versions),
        model=model,
        interval=calibrated(errors, is_bound, fold_of_row, groups, is_scaled=task.is_scaled),
        ranges=learn_ranges(table.values.iloc[cells.learnt]),
        neighbourhood=Neighbourhood.learn(cells, groups),
        cells=cells,
        provenance=provenance,
        scope=scope,
    )


def _check(task: Task, table: DescriptorTable, groups: Sequence[str]) -> None:
    if len(set(groups)) < 2:
        raise InvalidRecord(
            f"Model '{task.name}' has one group of training cells; without a second to hold "
            "out there is no interval: add cells of another recipe, paper or laboratory."
        )
    if task.is_scaled and not has_sd(task.model):
        raise InvalidSetting(
            f"Intervals of '{task.name}' are to follow the standard deviation of {task.model}, "
            "which knows none; take a gaussian_process, or is_scaled = false."
        )
    if task.prior is not None and task.prior not in table.names:
        raise InvalidSetting(
            f"The prior mean of '{task.name}' is {task.prior}, which is none of the descriptors "
            f"{table.names}; add it to the table."
        )


def _training_cells(
    task: Task, table: DescriptorTable, labels: Array, is_censored: NDArray[np.bool_] | None
) -> TrainingCells:
    is_bound = np.zeros(len(labels), bool) if is_censored is None else np.asarray(is_censored, bool)
    return TrainingCells(
        cell_ids=table.cell_ids,
        descriptors=table.array,
        labels=np.asarray(labels, dtype=float),
        is_censored=is_bound,
        is_learnt=np.ones(len(labels), bool) if uses_censored(task.model) else ~is_bound,
    )


def rows_of_models(fold_of_row: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Return what each model of a stack is fitted to: all rows, then all but a fold's."""
    folds = range(int(fold_of_row.max()) + 1)
    return [np.arange(fold_of_row.size), *(np.flatnonzero(fold_of_row != fold) for fold in folds)]


def fitted_stack(
    unfitted: Pipeline,
    X: Array,
    y: Array,
    rows: Sequence[NDArray[np.intp]],
    *,
    is_censored: NDArray[np.bool_] | None = None,
    with_sd: bool = False,
) -> Model:
    """Return one compiled model for each set of rows.

    Parameters
    ----------
    unfitted : Pipeline
        Left as it is.
    X : float array of shape (n_cells, n_descriptors)
    y : float array of shape (n_cells,) or (n_models, n_cells)
        On the learning scale, one for all models or one each.
    rows : sequence of int arrays
    is_censored : bool array of shape (n_cells,), optional
    with_sd : bool
    """
    is_bound = np.zeros(len(X), bool) if is_censored is None else is_censored
    of_models = np.broadcast_to(y, (len(rows), len(X)))
    pipelines = [
        fitted(clone(unfitted), X[kept], own[kept], is_censored=is_bound[kept])
        for kept, own in zip(rows, of_models, strict=True)
    ]
    return compiled(pipelines, X.shape[1], with_sd=with_sd)


def _stack(
    task: Task, cells: TrainingCells, y: Array, fold_of_row: NDArray[np.int64], names: list[str]
) -> Model:
    """Return the model of all cells, then those that lack a fold each, as one stack."""
    unfitted, rows = build(task.model, task.seed), rows_of_models(fold_of_row)
    stacked = partial(
        fitted_stack, unfitted, rows=rows, is_censored=cells.is_censored, with_sd=task.is_scaled
    )
    if task.prior is None:
        return stacked(cells.descriptors, y)
    column = names.index(task.prior)
    prior = cells.descriptors[:, column]
    lower, upper, fill = _prior(prior, [kept[cells.is_learnt[kept]] for kept in rows])
    residual = y - np.where(np.isnan(prior), fill[:, None], prior)
    X = np.delete(cells.descriptors, column, axis=1)
    model = stacked(X, residual)
    return Offset(model, np.full(len(rows), column, dtype=np.int64), lower, upper, fill)


def _prior(prior: Array, rows: Sequence[NDArray[np.intp]]) -> tuple[Array, Array, Array]:
    """Return guard band and mean of a prior mean, of the cells that each model learns from."""
    of_models = []
    for kept in rows:
        known = prior[kept][~np.isnan(prior[kept])]
        known = known if known.size else np.zeros(1)
        width = GUARD_BAND_SD * known.std()
        of_models.append((known.min() - width, known.max() + width, known.mean()))
    lower, upper, fill = np.array(of_models).T.copy()
    return lower, upper, fill
