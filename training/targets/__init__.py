"""Targets, one module each with ``TARGET`` and ``labels(cohort)``; its name is the target's.

Here, and nowhere else, an outcome becomes something to learn.
"""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import numpy as np

from features.errors import InvalidRecord, UnknownName
from models.scales import scale_of
from training.cohort import Cohort
from training.target import Labels, Target


def target_names() -> list[str]:
    """Return the names of all targets."""
    return sorted(module.name for module in iter_modules(__path__))


def target_of(name: str) -> Target:
    """Return a target by name."""
    target: Target = _module(name).TARGET
    return target


def labels(cohort: Cohort, target: Target) -> Labels:
    """Return what is to be learnt of each cell.

    Raises
    ------
    InvalidRecord
        If the cohort does not know the outcome or forbids the target, or a value has no
        place on its scale.
    """
    if target.name in cohort.refused:
        raise InvalidRecord(
            f"Cohort '{cohort.name}' may not teach {target.name}: {cohort.refused[target.name]}."
        )
    found: Labels = _module(target.name).labels(cohort)
    _check_scale(cohort, target, found)
    return found


def _module(name: str) -> ModuleType:
    if name not in target_names():
        raise UnknownName(f"No target is called '{name}'; there are {', '.join(target_names())}.")
    return import_module(f"{__name__}.{name}")


def _check_scale(cohort: Cohort, target: Target, found: Labels) -> None:
    """Refuse labels without a place on the learning scale, such as a CE of 1."""
    values = found.values
    with np.errstate(divide="ignore", invalid="ignore"):
        is_off = np.isfinite(values) & ~np.isfinite(scale_of(target.scale).forward(values))
    if is_off.any():
        row = int(np.argmax(is_off))
        raise InvalidRecord(
            f"Cohort '{cohort.name}', cell '{cohort.outcomes.index[row]}': {target.name} is "
            f"{values[row]:g}, which has no place on the {target.scale} scale; leave it out."
        )
