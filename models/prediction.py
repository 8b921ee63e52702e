"""What a predictor answers, and what it learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
