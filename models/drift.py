"""How far the cells of late have moved from those a predictor learnt from: an alarm, no refusal."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from features.records import Cell
from features.table import describe
from models.predictor import Predictor

#: Chance that a predictor's report holds a false alarm, all its descriptors together.
FALSE_ALARM = 0.05
#: Fewer cells tell nothing about a distribution.
LEAST_CELLS = 10
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Drift:
    """One descriptor of the training cells beside the cells of late.

    Attributes
    ----------
    descriptor : str
    moved_fraction : float
        Greatest difference of the two distribution functions (Kolmogorov and Smirnov), 0 to 1.
    p_value : float
        Chance of such a difference between cells of one distribution.
    is_alarm : bool
        Whether that chance is below 0.05 over the number of descriptors (Bonferroni).
    learnt, recent : tuple of float
        Quartiles.
    missing_learnt_fraction, missing_recent_fraction : float
    """

    descriptor: str
    moved_fraction: float
    p_value: float
    is_alarm: bool
    learnt: tuple[float, ...]
    recent: tuple[float, ...]
    missing_learnt_fraction: float
    missing_recent_fraction: float


def drift(predictor: Predictor, cells: Sequence[Cell]) -> list[Drift]:
    """Return what of a predictor's descriptors can be compared, the most moved first.

    Parameters
    ----------
    predictor : Predictor
    cells : sequence of Cell
        Those of late.
    """
    names = list(predictor.descriptor_versions)
    recent = describe(cells, names, predictor.n_cycles).array
    pairs = zip(names, predictor.cells.descriptors.T, recent.T, strict=True)
    compared = [_compared(name, old, new, len(names)) for name, old, new in pairs]
    found = [each for each in compared if each is not None]
    return sorted(found, key=lambda each: (not each.is_alarm, each.p_value, each.descriptor))


def _compared(
    name: str, old: NDArray[np.float64], new: NDArray[np.float64], n_descriptors: int
) -> Drift | None:
    known_old, known_new = old[np.isfinite(old)], new[np.isfinite(new)]
    if min(known_old.size, known_new.size) < LEAST_CELLS:
        return None
    found = ks_2samp(known_old, known_new, method="asymp")
    return Drift(
        descriptor=name,
        moved_fraction=float(found.statistic),
        p_value=float(found.pvalue),
        is_alarm=bool(found.pvalue < FALSE_ALARM / n_descriptors),
        learnt=tuple(map(float, np.quantile(known_old, QUARTILES))),
        recent=tuple(map(float, np.quantile(known_new, QUARTILES))),
        missing_learnt_fraction=1 - known_old.size / old.size,
        missing_recent_fraction=1 - known_new.size / new.size,
    )
