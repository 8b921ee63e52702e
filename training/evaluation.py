"""Scores of held-out cells, never without their baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.scales import Scale

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Answers for cells that the answering model has never seen.

    Attributes
    ----------
    split : str
        Such as "test1", or "papers held out".
    cell_ids, groups : tuple of str
    truth, value, lower, upper : float arrays of shape (n_cells,)
        In the target's unit.
    level : float
        Of the interval.
    in_domain, has_kin : bool arrays of shape (n_cells,)
        Whether the cell lies in the domain; whether a cell of its group was trained on,
        as published splits may have it.
    is_censored : bool array of shape (n_cells,)
        Whether the truth is but a lower bound.
    baselines : mapping of str to float array
        What the dummy and the physics baseline answered.
    covered : mapping of float to bool array
        Level -> whether the interval of that level holds the truth.
    """

    split: str
    cell_ids: tuple[str, ...]
    groups: tuple[str, ...]
    truth: Array
    value: Array
    lower: Array
    upper: Array
    level: float
    in_domain: Mask
    has_kin: Mask
    is_censored: Mask
    baselines: Mapping[str, Array] = field(default_factory=dict)
    covered: Mapping[float, Mask] = field(default_factory=dict)


def scores(held_out: HeldOut, scale: Scale) -> dict[str, float]:
    """Return the scores of a split.

    Returns
    -------
    dict of str to float
        ``n_cells``, and ``n_censored`` among them, which only ``coverage`` and ``c_index``
        count; ``rmse``, ``mae`` in the target's unit; ``mape`` (mean absolute error over
        truth, fraction); ``rmse_scale`` and ``r2_scale`` on the learning scale;
        ``c_index`` (share of pairs told in the right order); ``coverage`` and ``width``
        (median width over value) of the interval, and its ``level``; ``flagged`` (share
        outside the domain); ``with_kin`` (share with a cell of their group in training);
        ``rmse_NAME``, ``mape_NAME`` and ``rmse_scale_NAME`` of every baseline. On the
        linear scale, where truth may be 0, shares are of the truth's spread.
    """
    known = ~held_out.is_censored
    truth, value = held_out.truth[known], held_out.value[known]
    whole = _size(held_out.value, held_out.truth, scale)
    result = {
        "n_cells": float(len(held_out.truth)),
        "n_censored": float(held_out.is_censored.sum()),
        **errors(truth, value, scale),
        "r2_scale": r2(scale.forward(truth), scale.forward(value)),
        "c_index": c_index(held_out.truth, held_out.value, held_out.is_censored),
        "level": held_out.level,
        "coverage": float(np.mean(holds(held_out.lower, held_out.upper, held_out))),
        "width": float(np.median((held_out.upper - held_out.lower) / whole)),
        "flagged": float(np.mean(~held_out.in_domain)),
        "with_kin": float(np.mean(held_out.has_kin)),
    }
    for name, answer in held_out.baselines.items():
        of_baseline = errors(truth, answer[known], scale)
        result |= {f"{metric}_{name}": number for metric, number in of_baseline.items()}
    return result


def errors(truth: Array, value: Array, scale: Scale) -> dict[str, float]:
    """Return RMSE and MAE in the target's unit, mean relative error, RMSE on the scale."""
    return {
        "rmse": float(np.sqrt(np.mean((value - truth) ** 2))),
        "mae": float(np.mean(np.abs(value - truth))),
        "mape": float(np.mean(np.abs(value - truth) / _size(truth, truth, scale))),
        "rmse_scale": float(np.sqrt(np.mean((scale.forward(value) - scale.forward(truth)) ** 2))),
    }


def _size(value: Array, truth: Array, scale: Scale) -> Array:
    """Return what an error is a share of: the value, or the truth's spread where it may be 0."""
    if scale.name != "linear":
        return value
    return np.full(len(value), float(truth.std()) or 1.0)


def holds(lower: Array, upper: Array, held_out: HeldOut) -> Mask:
    """Tell which intervals hold the truth; a bound is held unless it lies above all of it."""
    is_below = held_out.truth <= upper
    return np.asarray(is_below & (held_out.is_censored | (lower <= held_out.truth)))


def r2(truth: Array, value: Array) -> float:
    """Return the coefficient of determination; NaN-free: 0 where the truth does not vary."""
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((truth - value) ** 2)) / spread if spread > 0 else 0.0


def c_index(truth: Array, value: Array, is_censored: Mask) -> float:
    """Return the share of pairs told in the right order, of those whose order is known.

    A pair's order is known if the smaller truth is no bound. Ties of the answers count
    half; 0.5 where no order is known (Harrell et al. 1982, doi:10.1001/jama.247.18.2543).

    Examples
    --------
    >>> c_index(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]), np.zeros(3, dtype=bool))
    0.6666666666666666
    """
    is_comparable = (truth[:, None] < truth[None, :]) & ~is_censored[:, None]
    if not is_comparable.any():
        return 0.5
    later = value[None, :] - value[:, None]
    return float(((later > 0) + 0.5 * (later == 0))[is_comparable].mean())


def squared_errors(
    truth: Array, value: Array, is_censored: Mask, scale: Scale
) -> NDArray[np.float64]:
    """Return the squared error of every cell on the learning scale.

    An answer beyond a bound is no error, one below it misses by at least the difference.
    """
    error = scale.forward(value) - scale.forward(truth)
    return np.asarray(np.where(is_censored, np.minimum(error, 0.0), error) ** 2)


def pooled(parts: Sequence[HeldOut], split: str) -> HeldOut:
    """Return several folds as one split."""
    join = np.concatenate
    return HeldOut(
        split=split,
        cell_ids=tuple(cell_id for part in parts for cell_id in part.cell_ids),
        groups=tuple(group for part in parts for group in part.groups),
        truth=join([part.truth for part in parts]),
        value=join([part.value for part in parts]),
        lower=join([part.lower for part in parts]),
        upper=join([part.upper for part in parts]),
        # Folds with fewer groups to learn from may carry less.
        level=min(part.level for part in parts),
        in_domain=join([part.in_domain for part in parts]),
        has_kin=join([part.has_kin for part in parts]),
        is_censored=join([part.is_censored for part in parts]),
        baselines={name: join([p.baselines[name] for p in parts]) for name in parts[0].baselines},
        covered={
            level: join([part.covered[level] for part in parts])
            for level in parts[0].covered
            if all(level in part.covered for part in parts)
        },
    )
