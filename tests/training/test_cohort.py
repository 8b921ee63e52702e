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


def test_families_of_another_length_are_refused(cohort):
    with pytest.raises(InvalidRecord, match="3 families stand beside 40 cells"):
        replace(cohort, families=("a", "b", "c"))


def test_a_subset_keeps_families_and_forgets_the_published_split(cohort):
    families = tuple(str(row) for row in range(40))
    ids = tuple(cell.cell_id for cell in cohort.cells)
    whole = replace(cohort, families=families, splits={"train": ids})
    part = whole.subset(ids[3:5])
    assert part.families == ("3", "4")
    assert not part.splits


def test_a_control_joins_the_groups_of_all_its_cells(cohort):
    """Its outcome is in all their labels, so none may be trained on while another is scored."""
    ids = [cell.cell_id for cell in cohort.cells]
    together = replace(cohort, controls={ids[2]: ids[0], ids[4]: ids[0]}).with_pairs_together()
    assert len(set(together.groups[2:6])) == 1
    assert together.groups[6:] == cohort.groups[6:]


def test_a_control_with_a_label_of_its_own_joins_its_cells(cohort):
    ids = [cell.cell_id for cell in cohort.cells]
    chain = replace(cohort, controls={ids[4]: ids[2], ids[2]: ids[0]})
    for controls in (chain.controls, dict(reversed(chain.controls.items()))):
        together = replace(chain, controls=controls).with_pairs_together()
        assert len(set(together.groups[2:6])) == 1


def test_controls_of_one_recipe_were_measured_each_by_itself(cohort):
    """A lab has one bare recipe: if that joined its coatings, none could ever be held out."""
    ids = [cell.cell_id for cell in cohort.cells]
    assert cohort.groups[0] == cohort.groups[1]
    apart = replace(cohort, controls={ids[2]: ids[0], ids[4]: ids[1]}).with_pairs_together()
    assert apart.groups == cohort.groups


def test_only_papers_and_laboratories_are_origins(cohort):
    """Recipes of one laboratory, held out whole, say nothing of another laboratory."""
    kinds = ("paper", "lab", "recipe", "charging policy", "coin cell")
    spans = [replace(cohort, group_kind=kind).spans_origins for kind in kinds]
    assert spans == [True, True, False, False, False]
