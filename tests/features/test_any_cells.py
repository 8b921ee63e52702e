"""Cells in a list and the same cells as a scan are asked in one way."""

from features import CellDesign, Coating, Phase, Recipe
from features.any_cells import described, ids_of, of_each, rows_of
from features.scan import Scan

RECIPE = Recipe(CellDesign("Li||Cu"), Coating((Phase("LiF", 1.0),)))
COLUMNS = {
    "cell.type": ["Li||Cu", "Li||Li", "Li||Cu", "Li||LTO"],
    "coating.thickness_nm": [None, 10.0, 20.0, 30.0],
}


def test_any_cells_are_asked_alike():
    scan = Scan(RECIPE, COLUMNS)
    cells = list(scan)
    assert of_each(scan, _type) == of_each(cells, _type) == COLUMNS["cell.type"]
    assert list(ids_of(scan)) == list(ids_of(cells))
    assert list(ids_of(rows_of(scan, [3, 1]))) == list(ids_of(rows_of(cells, [3, 1]))) == ["3", "1"]
    assert described(scan).reasons == described(cells).reasons


def _type(cell):
    return cell.recipe.cell.type
