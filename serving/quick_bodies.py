"""Recipes alone, read in a fraction of the time: parts of recipes that came before are known.

Whoever plans experiments asks again and again about one electrolyte and one cell. Here each part
of a recipe is checked by the schema of ``serving.schemas`` once, and remembered as it was sent.
What this reader does not take for certain it leaves to ``serving.bodies``, which also says what
is wrong with it; so this one may only be stricter, and never has to explain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

import orjson
from pydantic import TypeAdapter, ValidationError, create_model

from features.errors import InvalidRecord
from features.recipe import Recipe
from features.records import Cell, Source
from serving.plain_json import plain_tree
from serving.schemas import STRICT, CellId, PredictionTerms
from serving.settings import Settings

#: Longer parts are not remembered: what is kept must be bounded in bytes too.
MOST_BYTES = 2048
N_KEPT = 1024
#: No list in such a part has more entries, each of which is an object or a text with its comma.
LONGEST = MOST_BYTES // 4
#: Brackets of a request nest no deeper: request, cells, cell, recipe, part, list, component.
DEEPEST = 7
SOURCE = Source("measured")
_OF_CELL = frozenset({"cell_id", "recipe", "area_cm2"})
_NUMBERS = (float, int, type(None))  # a bool is none of them: its type is asked, not its kin
_CELL_ID: TypeAdapter[str] = TypeAdapter(CellId, config=STRICT)


@dataclass(frozen=True)
class QuickRequest:
    """Cells of which nothing was measured, and what is asked of them.

    Attributes
    ----------
    cells : tuple of Cell
    terms : PredictionTerms
        One object for all requests that ask for the same.
    """

    cells: tuple[Cell, ...]
    terms: PredictionTerms


def quick_request(body: bytes, settings: Settings) -> QuickRequest | None:
    """Return the request that a body holds, None if this reader cannot vouch for it."""
    if settings.max_cells < LONGEST or settings.max_depth < DEEPEST:
        return None  # lists and depth within a cell would have to be looked at
    if len(body) > MOST_BYTES and (b'"cycling"' in body or b'"spectra"' in body):
        return None  # a short one is refused as soon
    tree = plain_tree(body, settings)
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        return None
    sent = tree.pop("cells")
    if not 0 < len(sent) <= settings.max_cells:
        return None
    try:
        terms = _terms(orjson.dumps(tree))
        cells = tuple(map(_cell, sent))
    except (ValidationError, InvalidRecord, _NotPlainError):
        return None
    is_unique = len(cells) == 1 or len({cell.cell_id for cell in cells}) == len(cells)
    return QuickRequest(cells, terms) if is_unique else None


class _NotPlainError(Exception):
    """A cell brings more than a recipe, or something that the schema must judge."""


def _cell(sent: Any) -> Cell:
    """Return a cell that is a recipe alone."""
    if not isinstance(sent, dict) or not _OF_CELL.issuperset(sent) or len(sent) < 2:
        raise _NotPlainError
    area_cm2 = sent.get("area_cm2")
    if type(area_cm2) not in _NUMBERS:
        raise _NotPlainError
    cell_id = _CELL_ID.validate_python(sent.get("cell_id"))
    area = None if area_cm2 is None else float(area_cm2)
    return Cell(cell_id, _recipe(sent.get("recipe")), SOURCE, area)


def _recipe(sent: Any) -> Recipe:
    if not isinstance(sent, dict) or "cell" not in sent or not _PARTS.keys() >= sent.keys():
        raise _NotPlainError
    return Recipe(**{name: _part(name, part) for name, part in sent.items()})


def _part(name: str, sent: Any) -> Any:
    text = orjson.dumps(sent)
    if len(text) > MOST_BYTES:
        raise _NotPlainError
    return _PARTS[name](text)


def _remembered(schema: Any) -> Callable[[bytes], Any]:
    """Return a reader that checks a text once and keeps what it means."""
    # Only a model hands its strictness on to the records within.
    holder = create_model("Holder", __config__=STRICT, part=(schema, ...))

    @lru_cache(N_KEPT)
    def checked(text: bytes) -> Any:
        held: Any = holder.model_validate_json(b'{"part":%b}' % text)
        return held.part

    return checked


#: Parts are frozen records: whoever gets one cannot change it for others.
_PARTS: Mapping[str, Callable[[bytes], Any]] = {
    name: _remembered(schema) for name, schema in get_type_hints(Recipe).items()
}


@lru_cache(N_KEPT)
def _terms(text: bytes) -> PredictionTerms:
    if len(text) > MOST_BYTES:
        raise _NotPlainError
    return PredictionTerms.model_validate_json(text)
