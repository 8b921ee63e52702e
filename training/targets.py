"""Labels: the only place where an outcome becomes something to learn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord, UnknownName
from models.scales import scale_of
from training.cohort import Cohort


@dataclass(frozen=True)
class Target:
    """Something to predict.

    Attributes
    ----------
    name : str
    unit : str
        Of labels, predictions and bounds.
    scale : str
        Scale on which it is learnt, see ``models.scales``.
    column : str
        Outcome that holds it, see ``training.cohort``.
    source : str
        Definition: DOI or "own".
    """

    name: str
    unit: str
    scale: str
    column: str
    source: str


_TARGETS = {
    target.name: target
    for target in (
        Target(
            "cycle_life", "cycles", "log10", "cycle_life_cycles", "doi:10.1038/s41560-019-0356-8"
        ),
        Target(
            "coulombic_efficiency", "fraction", "lce", "ce_fraction", "doi:10.1073/pnas.2214357120"
        ),
    )
}


def target_of(name: str) -> Target:
    """Return a target by name."""
    if name not in _TARGETS:
        raise UnknownName(f"No target is called '{name}'; there are {', '.join(_TARGETS)}.")
    return _TARGETS[name]


def labels(cohort: Cohort, target: Target) -> NDArray[np.float64]:
    """Return one label per cell, NaN where there is none to learn from.

    Lives of tests that were stopped are bounds, not lives: they are left out until a
    survival model can use them.

    Raises
    ------
    InvalidRecord
        If the cohort does not know the outcome, or a value has no place on its scale.
    """
    if target.column not in cohort.outcomes:
        raise InvalidRecord(
            f"Cohort '{cohort.name}' holds no '{target.column}' for target '{target.name}'; "
            f"it has {list(cohort.outcomes.columns)}."
        )
    values = cohort.outcomes[target.column].to_numpy(dtype=float).copy()
    if target.name == "cycle_life" and "is_censored" in cohort.outcomes:
        values[cohort.outcomes["is_censored"].to_numpy(dtype=bool)] = np.nan
    _check_scale(cohort, target, values)
    return values


def _check_scale(cohort: Cohort, target: Target, values: NDArray[np.float64]) -> None:
    """Refuse labels without a place on the learning scale, such as a CE of 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        is_off = np.isfinite(values) & ~np.isfinite(scale_of(target.scale).forward(values))
    if is_off.any():
        row = int(np.argmax(is_off))
        raise InvalidRecord(
            f"Cohort '{cohort.name}', cell '{cohort.outcomes.index[row]}': {target.name} is "
            f"{values[row]:g}, which has no place on the {target.scale} scale; leave it out."
        )
