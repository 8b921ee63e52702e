from dataclasses import replace

import pytest

from features.errors import InvalidRecord, UnknownName
from training.cohorts import cohort_names, load_cohort


def test_outcomes_in_another_order_are_refused(cohort):
    """Labels shifted by one row train without complaint and mean nothing."""
    with pytest.raises(InvalidRecord, match="same cells in the same order"):
        replace(cohort, outcomes=cohort.outcomes.iloc[::-1])


def test_groups_of_another_length_are_refused(cohort):
    with pytest.raises(InvalidRecord, match="40 cells, 40 outcomes and 39 groups"):
        replace(cohort, groups=cohort.groups[1:])


def test_a_cell_that_occurs_twice_is_refused(cohort):
    """It would stand in training and among the held-out ones at once."""
    with pytest.raises(InvalidRecord, match="occurs twice"):
        replace(
            cohort,
            cells=cohort.cells * 2,
            outcomes=cohort.outcomes.iloc[[*range(40), *range(40)]],
            groups=cohort.groups * 2,
        )


def test_a_subset_keeps_cells_outcomes_and_groups_together(cohort):
    ids = tuple(cell.cell_id for cell in cohort.cells[::-3])
    part = cohort.subset(ids)
    assert {cell.cell_id for cell in part.cells} == set(ids)
    assert list(part.outcomes.index) == [cell.cell_id for cell in part.cells]
    assert part.groups == tuple(cell.recipe.recipe_id for cell in part.cells)


def test_an_unknown_cohort_is_answered_with_the_list():
    assert {"kim2023", "severson2019", "virtual"} <= set(cohort_names())
    with pytest.raises(UnknownName, match=r"'atlantis'.*kim2023.*virtual"):
        load_cohort("atlantis")
