"""A correction changes what it names, and nothing else."""

import pytest

from serving.pages.correction import corrected


@pytest.mark.parametrize(("cell_type", "area_cm2"), [(None, None), ("Li||Li", None), (None, 1.13)])
def test_what_is_not_named_stays(make_li_cu_cell, cell_type, area_cm2):
    cell = make_li_cu_cell(n_cycles=2)
    new = corrected(cell, cell_type, area_cm2)
    assert new.recipe.cell.type == (cell_type or cell.recipe.cell.type)
    assert new.area_cm2 == (area_cm2 or cell.area_cm2)
    assert new.cycling is cell.cycling
    assert (new.cell_id, new.source, new.recipe.coating) == (
        cell.cell_id,
        cell.source,
        cell.recipe.coating,
    )
