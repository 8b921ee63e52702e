"""Answers written down when a bundle was made; whoever loads it must get them bit for bit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.predictor import Predictor

Array = NDArray[np.float64]
N_TRAINING_ROWS = 6
#: How far beyond the mean, in SD, the row lies that meets the guard band.
FAR_SD = 5.0


def golden_answers(predictor: Predictor) -> dict[str, Any]:
    """Return rows of descriptors with their answers on the learning scale, for JSON."""
    rows = _rows(predictor)
    level = predictor.interval.default_level
    value, lower, upper, _ = predictor.on_learning_scale(rows, level)
    answers = np.stack([value, lower, upper], axis=1)
    return {
        "level": level,
        "descriptors": [[None if np.isnan(x) else x for x in row] for row in rows.tolist()],
        "value_lower_upper": answers.tolist(),
    }


def _rows(predictor: Predictor) -> Array:
    """Return some training cells, one of which nothing is known, and one far away."""
    cells = predictor.cells
    some = np.unique(np.linspace(0, len(cells.cell_ids) - 1, N_TRAINING_ROWS).astype(int))
    blank = np.full(cells.descriptors.shape[1], np.nan)
    far = cells.mean_row + FAR_SD * predictor.neighbourhood.sd
    return np.vstack([cells.descriptors[some], blank, far])
