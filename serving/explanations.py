"""What explains answers, as JSON: contributions of descriptors, and cells that are alike.

Cells of one request are explained alike: the text of a training cell, or of a published one, is
written once for all that lie near it, with a gap for the distance.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import chain, compress

import numpy as np
import orjson
from numpy.typing import NDArray

from features.any_cells import Cells, of_each, rows_of
from features.published import NearFigures, fields_of, figures_of_each, figures_of_scan
from features.records import Cell
from features.scan import Scan
from models.neighbours import neighbour_fields
from models.prediction import Columns
from models.predictor import Predictor
from models.training_cells import TrainingCells

Array = NDArray[np.float64]
#: JSON that is written already.
Text = orjson.Fragment
#: Stands for a distance in a text: JSON writes a byte of zero in no other place.
ZERO = b"\0"
GAP = Text(ZERO)
NOTHING = Text(b"[]")
#: Texts of published cells that are kept, each for the facts in which it differs.
MOST_KEPT = 1024
#: Facts of a published cell that may differ, a bit each.
N_PATTERNS = 256


def contributions(predictor: Predictor, X: Array, columns: Columns) -> list[orjson.Fragment]:
    """Return what each descriptor adds in each row, see ``Predictor.explained``."""
    named, kind = predictor.contributions_of_kinds(X, columns)
    written = [Text(orjson.dumps(each)) for each in named]
    return [written[each] for each in kind]


def neighbours(cells: TrainingCells, columns: Columns) -> list[orjson.Fragment]:
    """Return the training cells near each row, see ``serving.replies.NeighbourOut``."""
    return _near(columns.nearest, partial(_neighbour, cells), columns.distances_sd)


def published(cells: Cells) -> list[orjson.Fragment]:
    """Return published cells like each lithium-metal cell; others are none of this table's."""
    is_metal = of_each(cells, _is_metal)
    if all(is_metal):
        return _figures(cells)
    metal = list(compress(range(len(cells)), is_metal))
    found = iter(_figures(rows_of(cells, metal)) if metal else [])
    return [next(found) if is_one else NOTHING for is_one in is_metal]


def _is_metal(cell: Cell) -> bool:
    return "Li||" in cell.recipe.cell.type


def _figures(cells: Cells) -> list[orjson.Fragment]:
    """Return the published cells near each, see ``serving.replies.PublishedOut``."""
    near = _near_figures(cells)
    return _near(N_PATTERNS * near.row + near.pattern, _figure, near.distance)


def _near_figures(cells: Cells) -> NearFigures:
    if isinstance(cells, Scan):
        return figures_of_scan(cells)
    return figures_of_each([cell.recipe for cell in cells])


def _near(
    number: NDArray[np.intp], text_of: Callable[[int], bytes], distance: Array
) -> list[orjson.Fragment]:
    """Return the list of what lies near each row, written once for rows near the same.

    Parameters
    ----------
    number : int array of shape (n_rows, n_near)
    text_of : callable
        From a number to a text with a gap for the distance.
    distance : float array of shape (n_rows, n_near)
    """
    kinds = list(map(tuple, number.tolist()))
    texts = {kind: b"[%b]" % b",".join(map(text_of, kind)) for kind in set(kinds)}
    cut = {kind: text.split(ZERO) for kind, text in texts.items()}
    first, *others = zip(*map(cut.__getitem__, kinds), strict=True)
    own = map(_written, distance.T)
    columns = [first, *chain.from_iterable(zip(own, others, strict=True))]
    return list(map(Text, map(b"".join, zip(*columns, strict=True))))


def _written(numbers: Array) -> list[bytes]:
    """Return the shortest texts that read back to the same bits."""
    return orjson.dumps(numbers.tolist())[1:-1].split(b",")


def _neighbour(cells: TrainingCells, row: int) -> bytes:
    return orjson.dumps(neighbour_fields(cells, row, GAP))


@lru_cache(MOST_KEPT)
def _figure(number: int) -> bytes:
    row, pattern = divmod(number, N_PATTERNS)
    return orjson.dumps(fields_of(row, GAP, pattern))
