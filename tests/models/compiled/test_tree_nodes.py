import numpy as np

from models.compiled.tree_nodes import ALL_LEAVES, TreeNodes
from models.compiled.trees import LEAF, Trees


def one_tree(*, lower=-np.inf, upper=np.inf):
    """Return a root on x < 1 whose left child splits on x < 0: leaves 10, 20, 30 from the left."""
    return Trees(
        lower=np.array([[lower]]),
        upper=np.array([[upper]]),
        descriptor=np.array([[[0, 0, LEAF, LEAF, LEAF]]], np.int32),
        threshold=np.array([[[1, 0, 30, 10, 20]]], np.float32),
        left=np.array([[[1, 3, 0, 0, 0]]], np.int32),
        right=np.array([[[2, 4, 0, 0, 0]]], np.int32),
        is_blank_left=np.array([[[True, False, False, False, False]]]),
        gain=np.ones(1),
        centre=np.zeros(1),
    )


def test_leaves_are_numbered_from_left_to_right():
    nodes = TreeNodes.of(one_tree())
    assert nodes.leaves[:3].tolist() == [10, 20, 30]
    assert nodes.thresholds(0).tolist() == [0, 1]


def test_a_node_to_the_right_rules_out_the_leaves_on_its_left():
    """Below 0 nothing is ruled out, from 0 the first leaf, from 1 the second as well."""
    nodes = TreeNodes.of(one_tree())
    masks = np.full((4, 1), ALL_LEAVES, np.uint8)
    nodes.rule_out(masks, 0, nodes.thresholds(0))
    below_0, from_0, from_1, blank = (int(mask) & 0b111 for mask in masks[:, 0])
    assert (below_0, from_0, from_1) == (0b111, 0b110, 0b100)
    assert blank == 0b110  # left at the root, right below it


def test_a_guard_band_settles_the_thresholds_outside_it():
    """No number that is held above 0.5 is below 0; none held below 0.75 reaches 1."""
    nodes = TreeNodes.of(one_tree(lower=0.5, upper=0.75))
    assert nodes.thresholds(0).size == 0
    masks = np.full((2, 1), ALL_LEAVES, np.uint8)
    nodes.rule_out(masks, 0, nodes.thresholds(0))
    assert int(masks[0, 0]) & 0b111 == 0b110
