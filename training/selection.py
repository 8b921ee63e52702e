"""Choose the champion among candidates, by grouped cross-validation on training cells only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.table import DescriptorTable
from models.estimators import build, fitted
from training.run_config import RunConfig
from training.splits import Rows, repeated_grouped_folds

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A model on a set of descriptors."""

    model: str
    descriptor_set: str
    descriptors: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return a short name for tables and metrics."""
        return f"{self.model}.{self.descriptor_set}"


def candidates(config: RunConfig) -> list[Candidate]:
    """Return every model on every descriptor set, the simpler set first."""
    return [
        Candidate(model, name, names)
        for name, names in config.descriptor_sets.items()
        for model in config.models
    ]


def select_champion(
    config: RunConfig, table: DescriptorTable, y: Array, groups: Sequence[str]
) -> tuple[Candidate, dict[str, float]]:
    """Return the candidate of lowest RMSE on the learning scale, and the RMSE of each.

    Parameters
    ----------
    config : RunConfig
    table : DescriptorTable
        Training cells, with the descriptors of all candidates.
    y : float array of shape (n_cells,)
        Labels on the learning scale.
    groups : sequence of str
    """
    folds = list(
        repeated_grouped_folds(
            groups, config.n_selection_folds, config.n_selection_repeats, config.seed
        )
    )
    rmse = {each.label: _rmse(each, table, y, folds, config.seed) for each in candidates(config)}
    best = min(candidates(config), key=lambda each: rmse[each.label])
    return best, rmse


def _rmse(
    candidate: Candidate,
    table: DescriptorTable,
    y: Array,
    folds: list[tuple[Rows, Rows]],
    seed: int,
) -> float:
    X = table.values[list(candidate.descriptors)].to_numpy(dtype=float)
    squares = [_squared_errors(candidate.model, seed, X, y, fold) for fold in folds]
    return float(np.sqrt(np.concatenate(squares).mean()))


def _squared_errors(model: str, seed: int, X: Array, y: Array, fold: tuple[Rows, Rows]) -> Array:
    train, held_out = fold
    pipeline = fitted(build(model, seed), X[train], y[train])
    return np.asarray((pipeline.predict(X[held_out]) - y[held_out]) ** 2)
