"""Scores of held-out cells, never without their baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.scales import Scale

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Answers for cells that the answering model has never seen.

    Attributes
    ----------
    split : str
        Such as "test1", or "papers held out".
    cell_ids : tuple of str
    truth, value, lower, upper : float arrays of shape (n_cells,)
        In the target's unit.
    level : float
        Of the interval.
    in_domain, has_kin : bool arrays of shape (n_cells,)
        Whether the cell lies in the domain; whether a cell of its group was trained on,
        as published splits may have it.
    baselines : mapping of str to float array
        What the dummy and the physics baseline answered.
    """

    split: str
    cell_ids: tuple[str, ...]
    truth: Array
    value: Array
    lower: Array
    upper: Array
    level: float
    in_domain: NDArray[np.bool_]
    has_kin: NDArray[np.bool_]
    baselines: Mapping[str, Array] = field(default_factory=dict)


def scores(held_out: HeldOut, scale: Scale) -> dict[str, float]:
    """Return the scores of a split.

    Returns
    -------
    dict of str to float
        ``n_cells``; ``rmse`` in the target's unit; ``mape`` (mean absolute error over
        truth, fraction); ``rmse_scale`` and ``r2_scale`` on the learning scale;
        ``coverage`` and ``width`` (median width over value) of the interval;
        ``flagged`` (share outside the domain); ``with_kin`` (share with a cell of their
        group in training); ``rmse_NAME``, ``mape_NAME`` and
        ``rmse_scale_NAME`` of every baseline.
    """
    result = {
        "n_cells": float(len(held_out.truth)),
        **errors(held_out.truth, held_out.value, scale),
        "r2_scale": r2(scale.forward(held_out.truth), scale.forward(held_out.value)),
        "coverage": float(
            np.mean((held_out.lower <= held_out.truth) & (held_out.truth <= held_out.upper))
        ),
        "width": float(np.median((held_out.upper - held_out.lower) / held_out.value)),
        "flagged": float(np.mean(~held_out.in_domain)),
        "with_kin": float(np.mean(held_out.has_kin)),
    }
    for name, value in held_out.baselines.items():
        of_baseline = errors(held_out.truth, value, scale)
        result |= {f"{metric}_{name}": number for metric, number in of_baseline.items()}
    return result


def errors(truth: Array, value: Array, scale: Scale) -> dict[str, float]:
    """Return RMSE in the target's unit, mean relative error, RMSE on the learning scale."""
    return {
        "rmse": float(np.sqrt(np.mean((value - truth) ** 2))),
        "mape": float(np.mean(np.abs(value - truth) / truth)),
        "rmse_scale": float(np.sqrt(np.mean((scale.forward(value) - scale.forward(truth)) ** 2))),
    }


def r2(truth: Array, value: Array) -> float:
    """Return the coefficient of determination; NaN-free: 0 where the truth does not vary."""
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((truth - value) ** 2)) / spread if spread > 0 else 0.0


def pooled(parts: Sequence[HeldOut], split: str) -> HeldOut:
    """Return several folds as one split."""
    join = np.concatenate
    return HeldOut(
        split=split,
        cell_ids=tuple(cell_id for part in parts for cell_id in part.cell_ids),
        truth=join([part.truth for part in parts]),
        value=join([part.value for part in parts]),
        lower=join([part.lower for part in parts]),
        upper=join([part.upper for part in parts]),
        level=parts[0].level,
        in_domain=join([part.in_domain for part in parts]),
        has_kin=join([part.has_kin for part in parts]),
        baselines={name: join([p.baselines[name] for p in parts]) for name in parts[0].baselines},
    )
