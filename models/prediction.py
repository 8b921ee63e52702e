"""What a predictor answers, and what it learnt from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbour:
    """A training cell that lies near the one asked about.

    Attributes
    ----------
    cell_id : str
    distance_sd : float
        Root mean square over the descriptors that the cell asked about has, each difference
        in standard deviations of the training cells.
    label : float
        Outcome of the training cell, in the target's unit.
    is_censored : bool
        Whether the test was stopped; the label is a bound then.
    """

    cell_id: str
    distance_sd: float
    label: float
    is_censored: bool = False


@dataclass(frozen=True)
class Prediction:
    """An answer for one cell.

    Attributes
    ----------
    cell_id, target, unit : str
    value, lower, upper : float
        In ``unit``; the interval holds the truth with probability ``level``.
    level : float
    in_domain : bool
        Whether the cell lies inside what the predictor has learnt.
    reasons : tuple of str
        Why not, one sentence each; empty inside the domain.
    absent : mapping of str to str
        Descriptors the predictor had to do without, with the reason of each.
    doubts : tuple of str
        What speaks against taking the cell's data at face value.
    tier : str
        Evidence the predictor looks at, such as "recipe".
    notes : tuple of str
        What was done to the answer: held at the guard band, capped, widened.
    contributions : mapping of str to float
        What each descriptor adds to the mean, on the learning scale; they sum up to the
        prediction less ``mean``. Empty unless explained.
    mean : float
        Prediction at the mean of the training cells, on the learning scale.
    nearest : tuple of Neighbour
        The training cells nearest to this one, the nearest first.
    """

    cell_id: str
    target: str
    unit: str
    value: float
    lower: float
    upper: float
    level: float
    in_domain: bool
    reasons: tuple[str, ...]
    absent: Mapping[str, str]
    doubts: tuple[str, ...] = ()
    tier: str = "recipe"
    notes: tuple[str, ...] = ()
    contributions: Mapping[str, float] = field(default_factory=dict)
    mean: float = 0.0
    nearest: tuple[Neighbour, ...] = ()


@dataclass(frozen=True, eq=False)
class Answers:
    """What the numbers of some cells lead to, before anything is said about it.

    Attributes
    ----------
    uncapped : float array of shape (n_cells,)
        What the model says, in the target's unit.
    value, lower, upper : float arrays of shape (n_cells,)
        In the target's unit.
    is_widened : bool array of shape (n_cells,)
        Whether the interval is wider for what is missing.
    """

    uncapped: Array
    value: Array
    lower: Array
    upper: Array
    is_widened: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """Answers for many cells, a column of each.

    Attributes
    ----------
    level : float
    uncapped, value, lower, upper : float arrays of shape (n_cells,)
        In the target's unit.
    is_widened, in_domain : bool arrays of shape (n_cells,)
    reasons : mapping of int to tuple of str
        Why not inside the domain, by row; of rows outside alone.
    notes : mapping of int to tuple of str
        What was done to the answer, by row; of rows with any alone.
    nearest : int array of shape (n_cells, n_nearest)
        Training cells by row, the nearest first.
    distances_sd : float array of shape (n_cells, n_nearest)
    keys : sequence of bytes, optional
        Equal where the model takes rows for alike; None if it tells all of them apart.
    """

    level: float
    uncapped: Array
    value: Array
    lower: Array
    upper: Array
    is_widened: NDArray[np.bool_]
    in_domain: NDArray[np.bool_]
    reasons: Mapping[int, tuple[str, ...]]
    notes: Mapping[int, tuple[str, ...]]
    nearest: NDArray[np.intp]
    distances_sd: Array
    keys: Sequence[bytes] | None = None


@dataclass(frozen=True)
class Provenance:
    """What a predictor was trained on.

    Attributes
    ----------
    cohort, citation : str
    kinds : mapping of str to int
        Number of cells by source: measured, literature, simulated.
    cell_types : tuple of str
        Cell types among the training cells.
    has_coated, has_bare : bool
        Whether coated cells, and bare or undescribed ones, were among them.
    n_cells, n_groups : int
    group_kind : str
        What was held out together: recipe, paper, lab.
    data_sha256 : str
        Hash of descriptors and labels.
    scores : mapping of str to mapping of str to float
        Held-out scores: name of the split -> metric -> value, baselines among them.
    """

    cohort: str
    citation: str
    kinds: Mapping[str, int]
    cell_types: tuple[str, ...]
    has_coated: bool
    has_bare: bool
    n_cells: int
    n_groups: int
    group_kind: str
    data_sha256: str
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
