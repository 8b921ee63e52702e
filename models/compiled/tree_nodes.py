"""What each node of a stack of trees rules out, and the leaves from left to right.

A node that sends a row to the right rules out every leaf below its left child. Leaves of a
tree are numbered from left to right, a bit each.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from models.compiled.trees import Trees

Masks = NDArray[np.uint8]
Numbers = NDArray[np.intp]
#: Bits of a mask; wider trees are walked.
MOST_LEAVES = 8
ALL_LEAVES = 2**MOST_LEAVES - 1


@dataclass(frozen=True, eq=False)
class Places:
    """Nodes of trees: number of the model, tree and node, and of the first leaf below."""

    model: Numbers
    tree: Numbers
    node: Numbers
    first_leaf: Numbers

    @classmethod
    def roots(cls, n_models: int, n_trees: int) -> "Places":
        """Return the roots of all trees."""
        model, tree = (each.ravel() for each in np.indices((n_models, n_trees)))
        return cls(model, tree, np.zeros_like(model), np.zeros_like(model))

    @property
    def at(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return where the nodes stand in the arrays of the stack."""
        return self.model, self.tree, self.node

    def some(self, chosen: NDArray[np.bool_]) -> "Places":
        """Return some of the nodes."""
        parts = (each[chosen] for each in (*self.at, self.first_leaf))
        return Places(*parts)

    def joined(self, other: "Places") -> "Places":
        """Return these nodes and others."""
        pairs = zip((*self.at, self.first_leaf), (*other.at, other.first_leaf), strict=True)
        return Places(*map(np.concatenate, pairs))


@dataclass(frozen=True, eq=False)
class TreeNodes:
    """The inner nodes on every way from a root.

    Attributes
    ----------
    column : int array of shape (n_nodes,)
        Of the masks: tree after tree, within it model after model.
    descriptor, threshold : arrays of shape (n_nodes,)
    is_right, is_left : bool arrays of shape (n_nodes,)
        Whether the guard band settles where every number goes.
    is_blank_left : bool array of shape (n_nodes,)
    kept : uint8 array of shape (n_nodes,)
        Leaves that remain where the node sends a row to the right.
    leaves : float32 array of shape (n_columns * 8,)
        Their values.
    """

    column: Numbers
    descriptor: NDArray[np.int32]
    threshold: NDArray[np.float32]
    is_right: NDArray[np.bool_]
    is_left: NDArray[np.bool_]
    is_blank_left: NDArray[np.bool_]
    kept: Masks
    leaves: NDArray[np.float32]

    @classmethod
    def of(cls, trees: "Trees") -> "TreeNodes | None":
        """Return the nodes of trees, or None where a tree has more leaves than a mask."""
        n_models, n_trees = trees.descriptor.shape[:2]
        n_leaves = _leaves_below(trees)
        if n_leaves[:, :, 0].max() > MOST_LEAVES:
            return None
        leaves = np.zeros((n_trees * n_models, MOST_LEAVES), np.float32)
        level = Places.roots(n_models, n_trees)
        found = level.some(np.zeros(level.node.size, bool))
        while level.node.size:
            is_leaf = trees.left[level.at] == 0
            ends, level = level.some(is_leaf), level.some(~is_leaf)
            leaves[ends.tree * n_models + ends.model, ends.first_leaf] = trees.threshold[ends.at]
            found = found.joined(level)
            level = _below(level, trees, n_leaves)
        return cls._of_inner(found, trees, n_leaves, leaves.ravel())

    @classmethod
    def _of_inner(
        cls,
        inner: Places,
        trees: "Trees",
        n_leaves: NDArray[np.int64],
        leaves: NDArray[np.float32],
    ) -> "TreeNodes":
        descriptor, threshold = trees.descriptor[inner.at], trees.threshold[inner.at]
        after = _first_right(inner, trees, n_leaves)
        ruled_out = (1 << after) - (1 << inner.first_leaf)
        # Rounding keeps the order of numbers, so the band may be compared in single precision.
        with np.errstate(over="ignore"):
            lower, upper = (
                band[inner.model, descriptor].astype(np.float32)
                for band in (trees.lower, trees.upper)
            )
        return cls(
            column=inner.tree * trees.n_models + inner.model,
            descriptor=descriptor,
            threshold=threshold,
            is_right=lower >= threshold,
            is_left=upper < threshold,
            is_blank_left=trees.is_blank_left[inner.at],
            kept=(ALL_LEAVES & ~ruled_out).astype(np.uint8),
            leaves=leaves,
        )

    def thresholds(self, descriptor: int) -> NDArray[np.float32]:
        """Return the thresholds of a descriptor that no guard band settles, rising."""
        return np.unique(self.threshold[self._is_open(descriptor)])

    def rule_out(self, masks: Masks, descriptor: int, known: NDArray[np.float32]) -> None:
        """Fill in the masks of a descriptor: of each rank, and in the last row of a blank."""
        is_here = self.descriptor == descriptor
        ranks = known.searchsorted(self.threshold) + 1
        self._keep(masks, np.zeros_like(ranks), is_here & self.is_right)
        self._keep(masks, ranks, self._is_open(descriptor))
        self._keep(masks, np.full_like(ranks, len(masks) - 1), is_here & ~self.is_blank_left)
        masks[:-1] = np.bitwise_and.accumulate(masks[:-1], axis=0)

    def _is_open(self, descriptor: int) -> NDArray[np.bool_]:
        is_here = self.descriptor == descriptor
        return np.asarray(is_here & ~self.is_right & ~self.is_left)

    def _keep(self, masks: Masks, rank: Numbers, chosen: NDArray[np.bool_]) -> None:
        np.bitwise_and.at(masks, (rank[chosen], self.column[chosen]), self.kept[chosen])


def _leaves_below(trees: "Trees") -> NDArray[np.int64]:
    """Return how many leaves each node leads to, counted up to one more than masks hold."""
    count = np.ones(trees.descriptor.shape, np.int64)
    model, tree = np.indices(trees.descriptor.shape[:2])
    for node in range(trees.descriptor.shape[2] - 1, -1, -1):
        left, right = trees.left[:, :, node], trees.right[:, :, node]
        both = count[model, tree, left] + count[model, tree, right]
        count[:, :, node] = np.where(left == 0, 1, np.minimum(both, MOST_LEAVES + 1))
    return count


def _below(inner: Places, trees: "Trees", n_leaves: NDArray[np.int64]) -> Places:
    """Return the children of inner nodes."""
    after = _first_right(inner, trees, n_leaves)
    left = Places(inner.model, inner.tree, trees.left[inner.at].astype(np.intp), inner.first_leaf)
    right = Places(inner.model, inner.tree, trees.right[inner.at].astype(np.intp), after)
    return left.joined(right)


def _first_right(inner: Places, trees: "Trees", n_leaves: NDArray[np.int64]) -> Numbers:
    """Return the number of the first leaf below the right child."""
    left = trees.left[inner.at]
    return np.asarray(inner.first_leaf + n_leaves[inner.model, inner.tree, left])
