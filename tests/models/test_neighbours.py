import numpy as np
import pytest

from models.neighbours import FEW, MANY, Neighbourhood, neighbours_of_each
from models.prediction import Neighbour
from models.training_cells import TrainingCells


def cells_of(values):
    values = np.asarray(values, dtype=float)
    n_cells = len(values)
    names = tuple(f"cell-{number}" for number in range(n_cells))
    return TrainingCells(
        names, values, np.ones(n_cells), np.zeros(n_cells, bool), np.ones(n_cells, bool)
    )


def learnt(values, groups=None):
    cells = cells_of(values)
    return Neighbourhood.learn(cells, groups or list(cells.cell_ids)), cells


def test_distance_is_in_standard_deviations_and_has_no_unit():
    """Nanometres or metres, the same cell is as far away."""
    values = np.random.default_rng(0).normal(size=(20, 3))
    new = np.array([[0.3, -2.0, 1.0]])
    metres, cells = learnt(values)
    nanometres, others = learnt(values * 1e9)
    assert metres.nearest(new, cells)[1] == pytest.approx(nanometres.nearest(new * 1e9, others)[1])
    assert metres.limit_sd == pytest.approx(nanometres.limit_sd)


def test_one_descriptor_a_standard_deviation_off_is_one_sd():
    near, cells = learnt([[-1.0], [1.0]])
    assert near.distances_sd(np.array([[2.0]]), cells.descriptors) == pytest.approx(
        np.array([[3.0, 1.0]])
    )


def test_what_the_new_cell_lacks_does_not_make_it_a_stranger():
    """Absence is told elsewhere; distance is of what is known."""
    near, cells = learnt([[0.0, 0.0], [1.0, 5.0], [2.0, 1.0]])
    apart = near.distances_sd(np.array([[1.0, np.nan]]), cells.descriptors)
    assert apart[0, 1] == 0.0


def test_what_a_training_cell_lacks_counts_as_if_drawn_at_random():
    near, cells = learnt([[0.0, np.nan], [0.0, 1.0], [2.0, 3.0]])
    apart = near.distances_sd(np.array([[0.0, 1.0]]), cells.descriptors)
    assert apart[0, 0] == pytest.approx(1.0)  # the root mean square of 0 and 2
    assert apart[0, 1] == 0.0


@pytest.mark.parametrize("is_scan", [False, True])
def test_many_cells_have_the_distances_that_each_has_alone(is_scan):
    """To the bit, where they share most descriptors as well."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=(30, 4))
    values[rng.random(values.shape) < 0.2] = np.nan
    near, cells = learnt(values)
    X = rng.normal(size=(FEW + 7, 4))
    if is_scan:
        X[:, 1:] = X[0, 1:]
    together = near.distances_sd(X, cells.descriptors)
    alone = [near.distances_sd(x[None], cells.descriptors)[0] for x in X]
    assert np.array_equal(together, alone)


def test_a_cell_between_clusters_is_far_though_no_descriptor_is_out_of_range():
    """Two kinds of cells make a range that holds a third kind nobody has seen."""
    rng = np.random.default_rng(1)
    clusters = np.concatenate([rng.normal(-5, 0.3, (20, 2)), rng.normal(5, 0.3, (20, 2))])
    near, cells = learnt(clusters)
    rows, apart = near.nearest(np.array([[5.0, -5.0], [5.0, 5.0]]), cells)
    strange, usual = (near.reasons(apart[row, 0], cells.cell_ids[rows[row, 0]]) for row in (0, 1))
    assert "SD away" in strange[0]
    assert usual == []


@pytest.mark.parametrize("n_groups", [12, 40])
def test_few_cells_of_new_groups_are_called_strangers(n_groups):
    """One in twenty at most: a flag that is always up is none."""
    flagged = []
    for repeat in range(60):
        rng = np.random.default_rng([n_groups, repeat])
        of_group = rng.normal(size=(n_groups + 10, 4))
        group = np.repeat(np.arange(n_groups + 10), 2)
        values = of_group[group] + 0.1 * rng.normal(size=(group.size, 4))
        old = group < n_groups
        near, cells = learnt(values[old], [str(number) for number in group[old]])
        flagged.append(np.mean(near.nearest(values[~old], cells)[1][:, 0] > near.limit_sd))
    assert np.mean(flagged) <= 0.05


def test_replicates_do_not_set_the_limit():
    """The nearest cell of the same recipe is near whatever the recipe."""
    values = np.repeat(np.arange(10.0), 3)[:, None]
    near, _ = learnt(values, [str(number) for number in np.repeat(np.arange(10), 3)])
    assert near.limit_sd == pytest.approx(1.25 / values.std())


def test_one_group_sets_no_limit():
    near, cells = learnt([[0.0], [1.0]], ["a", "a"])
    assert near.limit_sd == np.inf
    assert near.reasons(1e9, cells.cell_ids[0]) == []


def test_a_constant_descriptor_has_no_say():
    near, cells = learnt([[1.0, 0.0], [1.0, 1.0]])
    assert np.isfinite(near.nearest(np.array([[7.0, 0.0]]), cells)[1]).all()


def test_of_cells_as_near_the_first_comes_first():
    """Replicates tie; which of them is named must not be chance."""
    near, cells = learnt([[0.0], [2.0], [1.0], [1.0], [1.0]], ["a", "b", "c", "c", "c"])
    rows, apart = near.nearest(np.array([[1.0], [0.0]]), cells)
    assert rows.tolist() == [[2, 3, 4], [0, 2, 3]]
    assert apart[0].tolist() == [0.0, 0.0, 0.0]


def test_a_cell_beyond_all_measure_still_has_three_neighbours():
    """Squares overflow; no reply may hold infinity, nor one cell three times."""
    near, cells = learnt([[0.0], [1.0], [2.0], [3.0]])
    rows, apart = near.nearest(np.array([[1e200]]), cells)
    assert len(set(rows[0].tolist())) == 3
    assert np.isfinite(apart).all()


def test_distances_are_the_same_alone_and_in_company():
    """To the bit, with gaps on either side."""
    rng = np.random.default_rng(6)
    values = rng.normal(size=(50, 9))
    values[rng.random(values.shape) < 0.2] = np.nan
    near, cells = learnt(values)
    X = rng.normal(size=(2000, 9))
    X[rng.random(X.shape) < 0.3] = np.nan
    rows, apart = near.nearest(X, cells)
    for row in range(0, 2000, 111):
        alone = near.nearest(X[row : row + 1], cells)
        assert (alone[0][0] == rows[row]).all()
        assert (alone[1][0] == apart[row]).all()


def test_neighbours_are_told_with_their_outcomes():
    near, cells = learnt([[0.0], [1.0], [2.0], [3.0]])
    (found,) = neighbours_of_each(cells, *near.nearest(np.array([[2.9]]), cells))
    first = Neighbour(**found[0])
    assert (first.cell_id, first.label, first.is_censored) == ("cell-3", 1.0, False)
    assert [each["cell_id"] for each in found] == ["cell-3", "cell-2", "cell-1"]


@pytest.mark.parametrize("width", [0.0, 0.1, 3.0])
@pytest.mark.parametrize("lacks", [False, True])
def test_cells_out_of_reach_of_all_rows_are_left_aside_unseen(width, lacks):
    """Rows in a small box have the neighbours that each has alone, to the bit, ties as well."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(60, 6)).round(1)
    values[30:] = values[:30]
    values[rng.random(values.shape) < 0.2] = np.nan
    near, cells = learnt(values)
    X = np.tile(rng.normal(size=(1, 6)).round(1), (MANY // 60 + 9, 1))
    X[:, 2] += rng.uniform(0, width, len(X)).round(2)
    X[:, 4] = np.nan if lacks else X[:, 4]
    around = near.around(cells)
    rows, apart = around.nearest(X)
    alone = [around.nearest(x[None]) for x in X]
    assert np.array_equal(rows, np.concatenate([each for each, _ in alone]))
    assert np.array_equal(apart, np.concatenate([each for _, each in alone]))
    assert around._in_reach(X).row.size < 40


def test_rows_that_do_not_all_lack_the_same_leave_no_cell_aside():
    """Each is measured by its own descriptors; no box holds both."""
    near, cells = learnt(np.random.default_rng(4).normal(size=(30, 3)))
    X = np.zeros((MANY // 30 + 9, 3))
    X[1:-1:2, 1] = np.nan
    around = near.around(cells)
    assert around._in_reach(X) is around
    rows, apart = around.nearest(X)
    for row in (0, 1, len(X) - 1):
        alone = around.nearest(X[row : row + 1])
        assert np.array_equal(rows[row], alone[0][0])
        assert np.array_equal(apart[row], alone[1][0])
