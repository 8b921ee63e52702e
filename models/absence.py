"""How wrong the models are without what a cell lacks: held-out errors, by what is missing."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.compiled import Model
from models.held_out import held_out_errors
from models.interval import GroupInterval
from models.open_end import ceiling
from models.scales import Scale
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
#: Patterns of absence kept; whoever sends more of them waits for his.
MOST_PATTERNS = 512


class HeldOutErrors:
    """Errors of the training cells as if they, too, lacked what a new cell lacks.

    Held-out cells are answered for again with these descriptors blanked, and each keeps the
    larger of both errors, so that an interval never gets narrower for what is missing.
    """

    def __init__(
        self, model: Model, interval: GroupInterval, cells: TrainingCells, scale: Scale
    ) -> None:
        self._model, self._interval, self._cells = model, interval, cells
        self._y, self._ceiling = scale.forward(cells.labels), ceiling(cells, scale)
        self._is_present = ~np.isnan(cells.descriptors[interval.row]).all(axis=0)
        self._known: dict[bytes, Array] = {}

    def by_absence(self, X: Array) -> Iterator[tuple[NDArray[np.intp], Array]]:
        """Yield rows that lack the same descriptors, with the errors for them.

        Parameters
        ----------
        X : float array of shape (n_rows, n_descriptors)

        Yields
        ------
        int array, float array of shape (n_errors,)
        """
        # What no calibration cell has cannot be blanked: lacking it changes nothing.
        is_absent = np.isnan(X) & self._is_present
        rows_of: dict[bytes, list[int]] = {}
        for row, pattern in enumerate(is_absent):
            rows_of.setdefault(pattern.tobytes(), []).append(row)
        for key, rows in rows_of.items():
            yield np.array(rows), self._of(key, is_absent[rows[0]])

    def _of(self, key: bytes, is_absent: NDArray[np.bool_]) -> Array:
        if key not in self._known:
            if len(self._known) >= MOST_PATTERNS:
                self._known.clear()
            self._known[key] = self._blanked(is_absent)
        return self._known[key]

    def _blanked(self, is_absent: NDArray[np.bool_]) -> Array:
        interval = self._interval
        if not is_absent.any():
            return interval.residual
        row = interval.row
        X = np.where(is_absent, np.nan, self._cells.descriptors[row])
        errors = held_out_errors(
            self._model,
            X,
            self._y[row],
            self._cells.is_censored[row],
            interval.fold,
            ceiling=self._ceiling,
        )
        return np.maximum(errors, interval.residual)
