"""What a champion owes its error to: the number of groups, and each of its descriptors.

Everything is measured on groups held out, with the champion's model and descriptors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.estimators import build, fitted
from training.described import Described
from training.executor import run_all
from training.run_config import RunConfig
from training.selection import Candidate, columns, learnt_values
from training.splits import Fold, grouped_folds
from training.target import Array, Mask

N_FOLDS = 3
#: Shares of the training groups from which the learning curve is drawn.
SHARES = (1 / 3, 2 / 3, 1.0)
#: Shuffles of a descriptor over which its importance is a mean.
N_SHUFFLES = 5


@dataclass(frozen=True)
class Diagnosis:
    """Where a champion's error comes from; RMSE on the learning scale, of bounds apart.

    Attributes
    ----------
    learning_curve : mapping of int to float
        Number of groups learnt from -> RMSE on groups held out.
    importance : mapping of str to float
        Descriptor -> rise of that RMSE when its values are shuffled among held-out cells.
    """

    learning_curve: Mapping[int, float] = field(default_factory=dict)
    importance: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Probe:
    """One fold of one share of the groups."""

    model: str
    seed: int
    X: Array
    y: Array
    is_censored: Mask
    fold: Fold
    share: float
    groups: tuple[str, ...]


@dataclass(frozen=True)
class _Reading:
    """Mean squared error of a probe, and of the same with each descriptor shuffled."""

    share: float
    n_groups: int
    n_held_out: int
    squares: float
    shuffled: tuple[float, ...]


def diagnose(
    config: RunConfig, data: Described, champion: Candidate, executor: str = "local:1"
) -> Diagnosis:
    """Return learning curve and importance of a champion; empty where groups are too few."""
    groups = data.cohort.groups
    if len(set(groups)) < 2 * N_FOLDS:
        return Diagnosis()
    X, y = columns(data, champion), learnt_values(config, data)
    probes = [
        _Probe(champion.model, config.seed, X, y, data.is_censored, fold, share, groups)
        for fold in grouped_folds(groups, N_FOLDS, config.seed)
        for share in SHARES
    ]
    readings = sorted(run_all(_read, probes, executor), key=lambda each: (each.share, each.squares))
    curve = {}
    for share in SHARES:
        of_share = [each for each in readings if each.share == share]
        curve[round(np.mean([each.n_groups for each in of_share]))] = _rmse(of_share, None)
    whole = [each for each in readings if each.share == SHARES[-1]]
    importance = {
        name: _rmse(whole, column) - _rmse(whole, None)
        for column, name in enumerate(champion.descriptors)
    }
    return Diagnosis(curve, importance)


def _read(probe: _Probe) -> _Reading:
    train, held_out = probe.fold
    held_out = held_out[~probe.is_censored[held_out]]
    names = list(dict.fromkeys(probe.groups[row] for row in train))
    rng = np.random.default_rng(probe.seed)
    kept = rng.permutation(names)[: max(2, round(probe.share * len(names)))]
    some = train[np.isin(np.asarray(probe.groups)[train], kept)]
    pipeline = fitted(
        build(probe.model, probe.seed), probe.X[some], probe.y[some],
        is_censored=probe.is_censored[some],
    )  # fmt: skip
    X, y = probe.X[held_out], probe.y[held_out]

    def squares(asked: Array) -> float:
        return float(np.sum((pipeline.predict(asked) - y) ** 2))

    shuffled = []
    for column in range(X.shape[1] if probe.share == SHARES[-1] else 0):
        of_column = []
        for _ in range(N_SHUFFLES):
            changed = X.copy()
            changed[:, column] = rng.permutation(X[:, column])
            of_column.append(squares(changed))
        shuffled.append(float(np.mean(of_column)))
    return _Reading(probe.share, len(kept), len(y), squares(X), tuple(shuffled))


def _rmse(readings: list[_Reading], column: int | None) -> float:
    """Return the RMSE over folds, with one column shuffled if one is named."""
    squares = [each.squares if column is None else each.shuffled[column] for each in readings]
    return float(np.sqrt(sum(squares) / max(1, sum(each.n_held_out for each in readings))))
