"""Folds inside the training cells, for the one penalty that a model may choose."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

N_INNER_FOLDS = 5


class DealtFolds:
    """Deal rows out in the order of their labels, like cards.

    Every fold then holds short and long lives alike, and the order in which the cells were
    exported decides nothing.
    """

    def __init__(self, n_folds: int = N_INNER_FOLDS) -> None:
        self.n_folds = n_folds

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of folds: one for each row if there are fewer rows."""
        return self.n_folds if y is None else min(self.n_folds, len(np.asarray(y)))

    def split(
        self, X: object, y: ArrayLike, groups: object = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield rows to fit and rows to score."""
        labels = np.asarray(y, dtype=float)
        fold = np.empty(labels.size, dtype=int)
        fold[np.argsort(labels, kind="stable")] = np.arange(labels.size) % self.n_folds
        for number in range(self.get_n_splits(X, labels)):
            yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)
