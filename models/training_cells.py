"""What a predictor keeps of the cells it was trained on: their descriptors and outcomes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.companions import companions

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrainingCells:
    """Training cells, described.

    Attributes
    ----------
    cell_ids : tuple of str
    descriptors : float array of shape (n_cells, n_descriptors)
        NaN where not measured.
    labels : float array of shape (n_cells,)
        In the target's unit.
    is_censored : bool array of shape (n_cells,)
        Whether the label is a lower bound.
    is_learnt : bool array of shape (n_cells,)
        Whether the model was fitted to the cell; most leave bounds aside.
    """

    cell_ids: tuple[str, ...]
    descriptors: Array
    labels: Array
    is_censored: NDArray[np.bool_]
    is_learnt: NDArray[np.bool_]

    def __post_init__(self) -> None:
        n_cells = len(self.cell_ids)
        shapes = {len(each) for each in (self.descriptors, self.labels)}
        shapes |= {len(each) for each in (self.is_censored, self.is_learnt)}
        if shapes != {n_cells} or self.descriptors.ndim != 2:
            raise BrokenBundle(f"Arrays of {n_cells} training cells disagree; train again.")
        if np.isinf(self.descriptors).any() or not np.isfinite(self.labels).all():
            raise BrokenBundle("Training cells hold numbers that are none; train again.")
        if self.is_censored.all() or not self.is_learnt.any():
            raise BrokenBundle("The model was fitted to no training cell; train again.")

    @cached_property
    def learnt(self) -> NDArray[np.intp]:
        """Return the rows that the model was fitted to."""
        return np.flatnonzero(self.is_learnt)

    @cached_property
    def longest_ended(self) -> float:
        """Return the highest label that is no bound."""
        return float(self.labels[~self.is_censored].max())

    @cached_property
    def is_longest_known(self) -> bool:
        """Return whether the highest label is an outcome: no cell was stopped above all others."""
        return bool((self.labels[self.is_censored] < self.longest_ended).all())

    @cached_property
    def mean_row(self) -> Array:
        """Return the mean of each descriptor over the cells learnt from, NaN where none has it."""
        values = self.descriptors[self.learnt]
        n_present = np.sum(~np.isnan(values), axis=0)
        sums = np.where(np.isnan(values), 0.0, values).sum(axis=0)
        return np.where(n_present, sums / np.maximum(n_present, 1), np.nan)

    @cached_property
    def companions(self) -> NDArray[np.intp]:
        """Return the company of each descriptor among the cells learnt from."""
        return companions(self.descriptors[self.learnt])
