"""Two models on the same held-out cells: paired errors, and how sure the difference is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.scales import scale_of
from training.evaluation import Array, HeldOut, squared_errors
from training.held_out_file import Contender

N_RESAMPLES = 4000
SEED = 0


@dataclass(frozen=True)
class Paired:
    """One model against another on the cells that both were held out on.

    Attributes
    ----------
    n_cells, n_groups : int
    rmse, rmse_other : float
        On the learning scale.
    probability_better : float
        Share of resamplings of whole groups in which the first errs less; ties count half.
    """

    n_cells: int
    n_groups: int
    rmse: float
    rmse_other: float
    probability_better: float


def paired(one: Contender, other: Contender) -> Paired | None:
    """Return the comparison of two models of one target, None without a cell in common.

    A cell counts where both answered for it in the same split, to the same truth.
    """
    if (one.target, one.scale) != (other.target, other.scale):
        return None
    errors, errors_other = _errors(one), _errors(other)
    shared = [key for key in errors if key in errors_other]
    if not shared:
        return None
    groups = _groups(one)
    return paired_errors(
        np.array([errors[key] for key in shared]),
        np.array([errors_other[key] for key in shared]),
        [groups[key] for key in shared],
    )


def paired_errors(squares: Array, squares_other: Array, groups: Sequence[str]) -> Paired:
    """Return the comparison of squared errors of the same cells; groups are resampled whole."""
    return Paired(
        n_cells=len(squares),
        n_groups=len(set(groups)),
        rmse=float(np.sqrt(squares.mean())),
        rmse_other=float(np.sqrt(squares_other.mean())),
        probability_better=probability_better(squares, squares_other, groups),
    )


def probability_better(squares: Array, squares_other: Array, groups: Sequence[str]) -> float:
    """Return the share of resamplings of groups in which the first errs less.

    Examples
    --------
    >>> probability_better(np.ones(3), 2 * np.ones(3), ["a", "b", "c"])
    1.0
    >>> probability_better(np.ones(3), np.ones(3), ["a", "b", "c"])
    0.5
    """
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    gain = np.bincount(group, squares_other - squares)
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(gain), size=(N_RESAMPLES, len(gain)))
    gains = gain[drawn].sum(axis=1)
    # Sums of equal errors in another order differ by rounding alone.
    is_tie = np.abs(gains) <= 1e-12 * float(np.sum(squares_other + squares))
    return float(np.mean(np.where(is_tie, 0.5, gains > 0)))


def of_baseline(contender: Contender, name: str) -> Paired:
    """Return a model against one of its baselines, on all its held-out cells."""
    parts, scale = contender.held_out, contender.scale
    squares = [_squares(part, part.value, scale) for part in parts]
    squares_other = [_squares(part, part.baselines[name], scale) for part in parts]
    groups = [group for part in parts for group in part.groups]
    return paired_errors(np.concatenate(squares), np.concatenate(squares_other), groups)


def _squares(part: HeldOut, answer: Array, scale: str) -> Array:
    return squared_errors(part.truth, answer, part.is_censored, scale_of(scale))


def _errors(contender: Contender) -> dict[tuple[str, str, float, bool], float]:
    """Return squared errors by split, cell, truth and whether that is a bound."""
    found: dict[tuple[str, str, float, bool], float] = {}
    for part in contender.held_out:
        keys = zip(part.cell_ids, part.truth.tolist(), part.is_censored.tolist(), strict=True)
        squares = _squares(part, part.value, contender.scale)
        found |= {(part.split, *key): each for key, each in zip(keys, squares, strict=True)}
    return found


def _groups(contender: Contender) -> dict[tuple[str, str, float, bool], str]:
    groups = [group for part in contender.held_out for group in part.groups]
    return dict(zip(_errors(contender), groups, strict=True))
