"""Boosted trees, all trees of all models at once: small ones looked up, others walked by level.

As XGBoost answers: descriptors and thresholds in single precision, left where the value is
below the threshold, blanks down the branch learnt for them, leaves added up in single
precision tree after tree.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from features.errors import BrokenBundle
from models.compiled.arithmetic import keys_of
from models.compiled.leaf_masks import LeafMasks
from models.compiled.piece import Array, Model, first_of_each

Nodes = NDArray[np.int32]
#: In place of a descriptor: the node is a leaf.
LEAF = -1
#: Ten times what any estimator here grows.
DEEPEST = 60


@dataclass(frozen=True, eq=False)
class Trees(Model):
    """Sums of leaves.

    Attributes
    ----------
    lower, upper : float arrays of shape (n_models, n_descriptors)
        Guard band.
    descriptor : int array of shape (n_models, n_trees, n_nodes)
        Looked at in each node; ``LEAF`` in leaves, and in the nodes that fill up a tree.
    threshold : float32 array of shape (n_models, n_trees, n_nodes)
        In leaves their value.
    left, right : int arrays of shape (n_models, n_trees, n_nodes)
        Children, numbered within the tree, above the number of the node; 0 in leaves.
    is_blank_left : bool array of shape (n_models, n_trees, n_nodes)
    gain, centre : float arrays of shape (n_models,)
        The answer is the sum of leaves times ``gain`` plus ``centre``.
    """

    kind: ClassVar[str] = "trees"
    lower: Array
    upper: Array
    descriptor: Nodes
    threshold: NDArray[np.float32]
    left: Nodes
    right: Nodes
    is_blank_left: NDArray[np.bool_]
    gain: Array
    centre: Array

    def __post_init__(self) -> None:
        self.check_stack()
        types: dict[str, Any] = dict.fromkeys(("descriptor", "left", "right"), np.int32)
        for name, dtype in {**types, "threshold": np.float32, "is_blank_left": bool}.items():
            self.check_dtype(name, dtype)
            self.check_shape(name, *self.descriptor.shape)
        n_models, n_descriptors = (*self.lower.shape, 0)[:2]
        for name in ("lower", "upper"):
            self.check_shape(name, n_models, n_descriptors)
        for name in ("gain", "centre"):
            self.check_shape(name, n_models)
        self.check_finite("gain", "centre", "threshold")
        if self.descriptor.ndim != 3 or 0 in self.descriptor.shape:
            raise BrokenBundle("A booster has no trees; train again.")
        if not (self.lower <= self.upper).all():
            raise BrokenBundle("A guard band of trees is upside down; train again.")
        self._check_nodes(n_descriptors)
        self._check_depth()

    def _check_nodes(self, n_descriptors: int) -> None:
        """Refuse nodes that look at no descriptor, or lead back, out of the tree, or nowhere."""
        is_leaf = self.descriptor == LEAF
        number = np.arange(self.descriptor.shape[2], dtype=np.int32)
        for child in (self.left, self.right):
            leads_on = (child > number) & (child < self.descriptor.shape[2])
            if not np.where(is_leaf, child == 0, leads_on).all():
                raise BrokenBundle("A node of a tree leads back or out of it; train again.")
        if not (is_leaf | ((self.descriptor >= 0) & (self.descriptor < n_descriptors))).all():
            raise BrokenBundle("A node of a tree looks at no descriptor; train again.")

    @property
    def numbers_per_row(self) -> int:
        """Return how many numbers it holds at once for each row."""
        # Of each tree its place and its leaf, and both once more on the way.
        return 4 * int(self.descriptor.shape[0] * self.descriptor.shape[1])

    def check_columns(self, n_columns: int) -> None:
        """Refuse any other number of descriptors."""
        self.check_shape("lower", self.n_models, n_columns)

    def band(self, n_columns: int) -> tuple[Array, Array]:
        """Return the bounds that the first model holds descriptors within."""
        return self.lower[0], self.upper[0]

    def of_rows(self, X: Array) -> tuple[Array, Array]:
        """Return value and 1, each (n_rows, n_models)."""
        masks = self._masks
        margin = self._walked(X) if masks is None else masks.sums(masks.joined(masks.ranks(X)))
        value = margin.astype(np.float64) * self.gain + self.centre
        return value, np.ones(value.shape)

    def told_apart(self, X: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Return the rows that differ to the trees, and which of them each row is alike."""
        return None if self._masks is None else first_of_each(self._masks.ranks(X))

    def keys(self, X: Array) -> list[bytes] | None:
        """Return keys of rows that are equal where the rows are alike to the trees."""
        return None if self._masks is None else keys_of(self._masks.ranks(X))

    def along(self, X: Array, start: Array, orders: NDArray[np.intp]) -> Array:
        """Return the first model's values on the way to each row, see ``Model.along``."""
        first = self if self.gain.size == 1 else self.only([0])
        if first._masks is None:
            return super().along(X, start, orders)
        margin = first._masks.sums_along(X, start, orders).astype(np.float64)
        return np.asarray(margin * self.gain[0] + self.centre[0])

    def _walked(self, X: Array) -> NDArray[np.float32]:
        """Return the sums of leaves, (n_rows, n_models)."""
        held = np.minimum(np.maximum(X[:, None, :], self.lower), self.upper)
        seen = held.astype(np.float32).reshape(len(X), self.lower.size)
        is_blank = np.isnan(seen)
        row = np.arange(len(X))[:, None]
        node = np.repeat(self._roots[None, :], len(X), axis=0)
        for _ in range(self._depth):
            column = self._columns[node]
            is_left = seen[row, column] < self._thresholds[node]
            is_left = np.where(is_blank[row, column], self._blank_left[node], is_left)
            node = np.where(is_left, self._left[node], self._right[node])
        leaves = self._thresholds[node].reshape(len(X), *self.descriptor.shape[:2])
        # Sums that accumulate round tree after tree; a plain sum would pair them up.
        return np.asarray(np.add.accumulate(leaves, axis=2)[:, :, -1])

    @cached_property
    def _masks(self) -> LeafMasks | None:
        return LeafMasks.of(self)

    @cached_property
    def _first(self) -> NDArray[np.intp]:
        """Return the number of each tree's root among the nodes of all."""
        n_models, n_trees, n_nodes = self.descriptor.shape
        number = np.arange(n_models * n_trees).reshape(n_models, n_trees, 1)
        return np.asarray(number * n_nodes)

    @cached_property
    def _roots(self) -> NDArray[np.intp]:
        return self._first.ravel()

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        """Return the column of each node among the descriptors of all models; any for leaves."""
        n_models, n_descriptors = self.lower.shape
        of_model = np.arange(n_models)[:, None, None] * n_descriptors
        return np.asarray(of_model + np.maximum(self.descriptor, 0)).ravel()

    @cached_property
    def _thresholds(self) -> NDArray[np.float32]:
        return self.threshold.ravel()

    @cached_property
    def _blank_left(self) -> NDArray[np.bool_]:
        return self.is_blank_left.ravel()

    @cached_property
    def _left(self) -> NDArray[np.intp]:
        return self._children(self.left)

    @cached_property
    def _right(self) -> NDArray[np.intp]:
        return self._children(self.right)

    def _children(self, child: Nodes) -> NDArray[np.intp]:
        """Return children among the nodes of all trees; a leaf leads to itself."""
        own = np.arange(self.descriptor.shape[2])
        return np.asarray(self._first + np.where(self.descriptor == LEAF, own, child)).ravel()

    def _check_depth(self) -> None:
        if self._depth > DEEPEST:
            raise BrokenBundle(f"A tree is deeper than {DEEPEST} levels; train again.")

    @cached_property
    def _depth(self) -> int:
        """Return after how many steps every walk has come to a leaf, counted up to a bound."""
        node, depth = self._roots, 0
        is_inner = (self.descriptor != LEAF).ravel()
        while is_inner[node].any() and depth <= DEEPEST:
            below = np.concatenate([self._left[node], self._right[node]])
            node, depth = np.unique(below), depth + 1
        return depth
