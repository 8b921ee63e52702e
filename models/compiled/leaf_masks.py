"""Trees as masks over their leaves: a row's leaf without a walk.

After QuickScorer (Lucchese et al. 2015, doi:10.1145/2766462.2767733). A node that sends a row to
the right rules out every leaf on its left; of the leaves that no node rules out, the first is
the row's own. Which nodes send a row to the right depends, descriptor by descriptor, on how
many of the thresholds lie at or below its value: a row of masks for each such rank is made
once, and a prediction is one of them a descriptor, joined by AND.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.compiled.tree_nodes import ALL_LEAVES, MOST_LEAVES, Numbers, TreeNodes

if TYPE_CHECKING:
    from models.compiled.trees import Trees

Array = NDArray[np.float64]
#: Eight masks, joined at once.
Words = NDArray[np.uint64]
MASKS_A_WORD = 8
#: Forests whose masks would take more are walked.
MOST_BYTES = 1 << 26
#: Up to so many rows, a search for each number is faster than one for each column.
FEW_ROWS = 4
#: Number of the lowest bit of every mask.
LOWEST_BIT = np.array(
    [(mask & -mask).bit_length() - 1 if mask else 0 for mask in range(ALL_LEAVES + 1)], np.intp
)


@dataclass(frozen=True, eq=False)
class LeafMasks:
    """The leaves of a stack of trees, ready to be looked up.

    Attributes
    ----------
    thresholds : tuple of float arrays
        Of each descriptor, distinct and rising: the lowest numbers that single precision does
        not round to below the trees' own.
    first : int array of shape (n_descriptors,)
        Row of ``words`` at which each descriptor begins: as many as its thresholds, one more
        for the highest values, one more for a blank.
    words : uint64 array of shape (n_ranks, n_words)
        Masks, eight a word: tree after tree, within it model after model.
    leaves : float32 array of shape (n_trees * n_models * 8,)
        Their values, each tree's from left to right.
    n_models : int
    """

    thresholds: tuple[Array, ...]
    first: Numbers
    words: Words
    leaves: NDArray[np.float32]
    n_models: int

    @classmethod
    def of(cls, trees: "Trees") -> "LeafMasks | None":
        """Return the masks of trees, or None where they would be too wide or too many."""
        nodes = TreeNodes.of(trees)
        if nodes is None:
            return None
        thresholds = tuple(nodes.thresholds(column) for column in range(trees.lower.shape[1]))
        first = np.cumsum([0, *(known.size + 2 for known in thresholds)])
        n_words = -(-nodes.leaves.size // (MOST_LEAVES * MASKS_A_WORD))
        if first[-1] * n_words * MASKS_A_WORD > MOST_BYTES:
            return None
        masks = np.full((first[-1], n_words * MASKS_A_WORD), ALL_LEAVES, np.uint8)
        for column, known in enumerate(thresholds):
            nodes.rule_out(masks[first[column] : first[column + 1]], column, known)
        unrounded = tuple(map(_unrounded, thresholds))
        return cls(unrounded, first[:-1], masks.view(np.uint64), nodes.leaves, trees.n_models)

    def ranks(self, X: Array) -> Numbers:
        """Return the row of masks of each number, (n_rows, n_descriptors)."""
        if len(X) <= FEW_ROWS:
            ranks = [rank for row in X.tolist() for rank in self._ranks_of_row(row)]
            return np.array(ranks, dtype=np.intp).reshape(X.shape)
        found = np.isnan(X) + self.first
        for column, known in enumerate(self.thresholds):
            found[:, column] += known.searchsorted(X[:, column], side="right")
        return np.asarray(found)

    def _ranks_of_row(self, row: list[float]) -> Iterator[int]:
        for value, known, first in zip(row, self._known, self._first, strict=True):
            yield first + (len(known) + 1 if isnan(value) else bisect_right(known, value))

    def joined(self, ranks: Numbers) -> Words:
        """Return the masks of the leaves that no descriptor rules out, (n_rows, n_words)."""
        if len(ranks) == 1:
            of_row = self.words.take(ranks[0], axis=0)
            return np.asarray(np.bitwise_and.reduce(of_row, axis=0, keepdims=True))
        left = self.words.take(ranks[:, 0], axis=0)
        for column in range(1, ranks.shape[1]):
            left &= self.words.take(ranks[:, column], axis=0)
        return left

    def sums(self, left: Words) -> NDArray[np.float32]:
        """Return the sums of the first leaves that are left, (n_rows, n_models).

        Sums round tree after tree: along any axis but the last, numbers are added up one after
        the other, where a plain sum would pair them up.
        """
        found = LOWEST_BIT.take(left.view(np.uint8)[:, : self._places.size])
        found += self._places
        leaves = self.leaves.take(found, mode="clip")
        if self.n_models > 1:
            n_trees = self._places.size // self.n_models
            by_tree = leaves.reshape(len(left), n_trees, self.n_models)
            return np.asarray(np.add.reduce(by_tree, axis=1))
        if len(left) > 1:
            return np.asarray(np.add.reduce(np.ascontiguousarray(leaves.T), axis=0))[:, None]
        return np.asarray(np.add.accumulate(leaves, axis=1)[:, -1:])

    def sums_along(self, X: Array, start: Array, orders: Numbers) -> NDArray[np.float32]:
        """Return the sums of one model on the way to each row, (n_rows, n_orders, n + 1)."""
        own, waiting = self.words[self.ranks(X)], self._waiting(start, orders)
        # By step, then by order: changed are the first descriptors, not yet the last ones.
        changed = np.bitwise_and.accumulate(own[:, orders.T], axis=1)
        between = (changed[:, :-1] & waiting[1:]).reshape(len(X), -1, own.shape[2])
        # Every way begins at the start and ends at the row; both are summed up once.
        begin = np.broadcast_to(waiting[:1, 0], (len(X), 1, own.shape[2]))
        stops = np.concatenate([begin, changed[:, -1, :1], between], axis=1)
        sums = self.sums(stops.reshape(-1, own.shape[2])).reshape(len(X), -1)
        way = np.empty((len(X), len(orders), orders.shape[1] + 1), np.float32)
        way[:, :, 0], way[:, :, -1] = sums[:, :1], sums[:, 1:2]
        way[:, :, 1:-1] = sums[:, 2:].reshape(len(X), -1, len(orders)).swapaxes(1, 2)
        return way

    def _waiting(self, start: Array, orders: Numbers) -> Words:
        """Return the masks of the last descriptors as they are at the start, (n, n_orders)."""
        key = start.tobytes() + orders.tobytes()
        if key not in self._starts:
            self._starts.clear()
            others = self.words[self.ranks(start[None, :])[0]]
            joined = np.bitwise_and.accumulate(others[orders.T[::-1]], axis=0)[::-1]
            self._starts[key] = np.ascontiguousarray(joined)
        return self._starts[key]

    @cached_property
    def _starts(self) -> dict[bytes, Words]:
        """Return the last start that was asked from; there is hardly ever another."""
        return {}

    @cached_property
    def _known(self) -> list[list[float]]:
        return [known.tolist() for known in self.thresholds]

    @cached_property
    def _first(self) -> list[int]:
        return [int(each) for each in self.first]

    @cached_property
    def _places(self) -> Numbers:
        """Return the place of each tree's first leaf."""
        return np.arange(0, self.leaves.size, MOST_LEAVES)


def _unrounded(thresholds: NDArray[np.float32]) -> Array:
    """Return the lowest numbers that single precision rounds to these or above."""
    below = np.nextafter(thresholds, np.float32(-np.inf)).astype(np.float64)
    # Both have 24 digits, so that the number halfway is exact; ties go to the even one.
    halfway = below + (thresholds - below) / 2
    is_up = halfway.astype(np.float32) >= thresholds
    return np.where(is_up, halfway, np.nextafter(halfway, np.inf))
