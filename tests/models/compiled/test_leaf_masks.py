"""Laws for trees that are looked up: every bit as if they were walked."""

from dataclasses import replace

import numpy as np
import pytest

import models.compiled.leaf_masks
from models.compiled.leaf_masks import LeafMasks
from models.compiled.piece import Model, first_of_each
from models.compiled.trees import LEAF, Trees

N_MODELS, N_TREES, N_COLUMNS = 3, 40, 5


def grown_trees(depth=3, *, seed=0, n_models=N_MODELS):
    """Return full trees of random splits, thresholds few enough to be met exactly."""
    rng = np.random.default_rng(seed)
    n_inner, n_nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    shape = (n_models, N_TREES, n_nodes)
    number = np.arange(n_nodes)
    is_inner = number < n_inner
    threshold = rng.choice(np.linspace(-2, 2, 17), shape).astype(np.float32)
    lower = rng.uniform(-3, -1, (n_models, N_COLUMNS))
    return Trees(
        lower=lower,
        upper=-lower[::-1],
        descriptor=np.where(is_inner, rng.integers(0, N_COLUMNS, shape), LEAF).astype(np.int32),
        threshold=np.where(is_inner, threshold, rng.normal(size=shape)).astype(np.float32),
        left=np.broadcast_to(np.where(is_inner, 2 * number + 1, 0), shape).astype(np.int32),
        right=np.broadcast_to(np.where(is_inner, 2 * number + 2, 0), shape).astype(np.int32),
        is_blank_left=rng.random(shape) < 0.5,
        gain=np.ones(n_models),
        centre=np.zeros(n_models),
    )


@pytest.fixture(scope="module")
def trees():
    return grown_trees()


@pytest.fixture(scope="module")
def rows():
    """Return rows on thresholds, between and far beyond them, a third of the numbers missing."""
    rng = np.random.default_rng(1)
    X = rng.choice(np.linspace(-4, 4, 65), (400, N_COLUMNS))
    X[100:] += 0.1 * rng.normal(size=(300, N_COLUMNS))
    X[0], X[1], X[2], X[3] = np.inf, -np.inf, 1e300, -1e300
    X[4:][rng.random((396, N_COLUMNS)) < 0.3] = np.nan
    return X


def walked(trees, X):
    return trees._walked(X)


def test_the_leaf_looked_up_is_the_leaf_walked_to(trees, rows):
    """On a threshold, beyond the guard band, with blanks: the same leaf, and the same sum."""
    masks = LeafMasks.of(trees)
    assert (masks.sums(masks.joined(masks.ranks(rows))) == walked(trees, rows)).all()


@pytest.mark.parametrize("factor", [1.0, 0.1, 1e-42, 1e30])
def test_numbers_halfway_between_two_of_single_precision_round_as_they_do(trees, factor):
    """Down to the last bit of a double on either side, for tiny thresholds and huge ones."""
    is_leaf = trees.descriptor == LEAF
    scaled = np.where(is_leaf, 1, np.float32(factor)) * trees.threshold
    other = replace(trees, threshold=scaled, lower=factor * trees.lower, upper=factor * trees.upper)
    threshold = np.unique(scaled[~is_leaf])
    ends = [np.nextafter(threshold, np.float32(end)) for end in (-np.inf, np.inf)]
    halfway = np.concatenate([(threshold.astype(float) + end.astype(float)) / 2 for end in ends])
    near = np.concatenate([halfway, *(np.nextafter(halfway, end) for end in (-np.inf, np.inf))])
    X = np.random.default_rng(0).choice(near, (500, N_COLUMNS))
    masks = LeafMasks.of(other)
    assert (masks.sums(masks.joined(masks.ranks(X))) == walked(other, X)).all()


@pytest.mark.parametrize("n_models", [1, 2, N_MODELS])
def test_one_row_or_many_one_model_or_more_add_up_in_one_order(rows, n_models):
    """Single precision shows every change of order."""
    trees = grown_trees(n_models=n_models, seed=3)
    masks, expected = LeafMasks.of(trees), walked(trees, rows)
    for n_rows in (1, 2, 5):
        for first in range(0, 40, 7):
            some = rows[first : first + n_rows]
            found = masks.sums(masks.joined(masks.ranks(some)))
            assert (found == expected[first : first + n_rows]).all()


def test_few_rows_have_the_ranks_of_many(trees, rows):
    """Numbers are searched for one by one, or a column at once."""
    masks = LeafMasks.of(trees)
    together = masks.ranks(rows)
    alone = np.concatenate([masks.ranks(row[None]) for row in rows])
    assert (together == alone).all()


def test_wider_trees_are_walked(rows):
    trees = grown_trees(depth=4)
    assert LeafMasks.of(trees) is None
    assert trees.told_apart(rows) is None
    assert (trees.answers(rows)[0] == walked(trees, rows)).all()


def test_forests_whose_masks_would_fill_memory_are_walked(trees, rows, monkeypatch):
    monkeypatch.setattr(models.compiled.leaf_masks, "MOST_BYTES", 1000)
    other = replace(trees)
    assert LeafMasks.of(other) is None
    assert (other.answers(rows)[0] == walked(trees, rows)).all()


def test_children_that_two_nodes_share_are_counted_for_each(rows):
    """What a bundle holds need not be a tree, as long as every way leads down."""
    trees = grown_trees(depth=2)
    shared = trees.left.copy()
    shared[:, :, 0] = 2  # both ways from the root lead to the second node
    odd = replace(trees, left=shared)
    assert (odd.answers(rows)[0] == walked(odd, rows)).all()


def test_a_stump_that_is_a_leaf_answers_its_value(rows):
    trees = grown_trees(depth=0)
    assert (trees.answers(rows)[0] == walked(trees, rows)).all()


def test_rows_alike_get_one_answer_and_lack_the_same(trees, rows):
    """Between two thresholds nothing can change."""
    first, kind = trees.told_apart(rows)
    assert len(first) < len(rows)
    assert (trees.answers(rows[first])[0][kind] == trees.answers(rows)[0]).all()
    assert (np.isnan(rows[first])[kind] == np.isnan(rows)).all()


def test_kinds_of_rows_are_told_however_many_there_are():
    """Also where a number for every combination would not fit into 64 bits."""
    rows = np.random.default_rng(0).integers(0, 3, (200, 4))
    for wide in (rows, rows * 2**40):
        first, kind = first_of_each(wide)
        assert (wide[first][kind] == wide).all()
        assert len(first) == len({tuple(row) for row in rows.tolist()})


@pytest.mark.parametrize("n_rows", [0, 1, 5])
def test_rows_that_are_all_the_same_are_of_one_kind(n_rows):
    first, kind = first_of_each(np.full((n_rows, 3), 7))
    assert first.tolist() == [0][:n_rows]
    assert kind.tolist() == [0] * n_rows


def test_ways_to_a_row_pass_the_values_of_their_stops(trees, rows):
    """Masks joined step by step, against an answer for each stop."""
    rng = np.random.default_rng(2)
    orders = np.array([rng.permutation(N_COLUMNS) for _ in range(4)])
    start = np.array([0.5, np.nan, -1.0, 2.0, 0.0])
    first = trees.only([0])
    for stack in (first, trees):
        way = stack.along(rows[:9], start, orders)
        assert way.shape == (9, 4, N_COLUMNS + 1)
        assert (way == Model.along(first, rows[:9], start, orders)).all()
