"""What can be learnt, and its labels: one value a cell, some of them bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord
from training.cohort import Cohort

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


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
    source : str
        Definition: DOI or "own".
    intended_use : str
        What an answer is good for, in one sentence.
    cap_ratio : float or None
        No prediction exceeds so many times the largest label learnt from.
    is_paired : bool
        Whether a label needs the cell's uncoated control as well.
    depends_on_method : bool
        Whether it is another quantity for each way to measure CE.
    """

    name: str
    unit: str
    scale: str
    source: str
    intended_use: str
    cap_ratio: float | None = None
    is_paired: bool = False
    depends_on_method: bool = False


@dataclass(frozen=True, eq=False)
class Labels:
    """What is to be learnt of each cell of a cohort.

    Attributes
    ----------
    values : float array of shape (n_cells,)
        In the target's unit; NaN where there is nothing to learn from.
    is_censored : bool array of shape (n_cells,)
        The test was stopped: the true value is at least the one given.
    inconsistent : mapping of str to str
        Cells whose label contradicts other facts about them, by id, with the reason.
    """

    values: Array
    is_censored: Mask
    inconsistent: Mapping[str, str] = field(default_factory=dict)


def outcome(cohort: Cohort, column: str, target: str) -> Array:
    """Return an outcome of every cell.

    Raises
    ------
    InvalidRecord
        If the cohort does not know it.
    """
    if column not in cohort.outcomes:
        raise InvalidRecord(
            f"Cohort '{cohort.name}' holds no '{column}' for target '{target}'; "
            f"it has {list(cohort.outcomes.columns)}."
        )
    return cohort.outcomes[column].to_numpy(dtype=float).copy()


def certain(values: Array) -> Labels:
    """Return labels none of which is a bound."""
    return Labels(values, np.zeros(len(values), dtype=bool))


def was_stopped(cohort: Cohort) -> Mask:
    """Tell of every cell whether its test was stopped before it died."""
    if "is_censored" not in cohort.outcomes:
        return np.zeros(len(cohort.cells), dtype=bool)
    return cohort.outcomes["is_censored"].to_numpy(dtype=bool).copy()


def control_rows(cohort: Cohort, target: str) -> NDArray[np.int64]:
    """Return for every cell the row of its uncoated control, -1 where it names none.

    Raises
    ------
    InvalidRecord
        If no cell of the cohort names a control.
    """
    if not cohort.controls:
        raise InvalidRecord(
            f"Target '{target}' compares a cell with its uncoated control; no cell of cohort "
            f"'{cohort.name}' names one."
        )
    row_of = {cell.cell_id: row for row, cell in enumerate(cohort.cells)}
    controls = (cohort.controls.get(cell.cell_id, "") for cell in cohort.cells)
    return np.array([row_of.get(control, -1) for control in controls])
