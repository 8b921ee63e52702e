"""Cohorts, one module each with ``load() -> Cohort``; the module's name is the cohort's."""

from importlib import import_module
from pkgutil import iter_modules

from features.errors import UnknownName
from training.cohort import Cohort


def cohort_names() -> list[str]:
    """Return the names of all cohorts."""
    return sorted(module.name for module in iter_modules(__path__))


def load_cohort(name: str) -> Cohort:
    """Return a cohort by name.

    Raises
    ------
    UnknownName
        If there is no such cohort.
    MissingData
        If its data are not on this machine.
    """
    if name not in cohort_names():
        raise UnknownName(f"No cohort is called '{name}'; there are {', '.join(cohort_names())}.")
    cohort: Cohort = import_module(f"{__name__}.{name}").load()
    return cohort
