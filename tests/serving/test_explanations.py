"""What explains an answer is JSON before the answer is, and the same as its records."""

from dataclasses import asdict, replace

import orjson

from features import CellDesign
from features.any_cells import described
from features.published import nearest_published
from features.scan import Scan
from serving.explanations import NOTHING, contributions, neighbours, published


def read(texts):
    return orjson.loads(orjson.dumps(texts))


def test_what_is_written_of_many_is_what_the_predictor_tells_of_each(champions, cell_maker):
    """Contributions and neighbours, in the order of their fields."""
    predictor = champions.ready["ce-virtual"].predictor
    cells = [cell_maker(number) for number in (0, 3, 0, 5)]
    table, columns = described(cells, predictor.descriptor_versions), predictor.columns(cells)
    told = predictor.predict(cells)
    found = read(neighbours(predictor.cells, columns))
    assert found == [[asdict(near) for near in each.nearest] for each in told]
    assert [list(near) for near in found[0]] == [list(asdict(near)) for near in told[0].nearest]
    added = read(contributions(predictor, table.array, columns))
    assert added == [dict(each.contributions) for each in told]


def test_published_cells_are_told_as_they_are_found_for_each(cell_maker):
    """For a scan as for its cells; a cell without lithium metal has none of them."""
    kinds = ["Li||Cu", "graphite||LFP", "Li||LTO"] * 10
    recipe = replace(cell_maker(3).recipe, cell=CellDesign("Li||Cu"))
    for scan in (Scan(recipe, {"cell.type": kinds}), Scan(recipe, {"cell.type": kinds[1:2] * 30})):
        expected = [
            [asdict(each) for each in nearest_published(cell.recipe)]
            if "Li||" in cell.recipe.cell.type
            else []
            for cell in scan
        ]
        assert read(published(scan)) == read(expected)
        assert read(published(list(scan))) == read(expected)
    assert published(list(scan))[0] is NOTHING
