"""Parts of recipes that came before are known: each text is checked by the schema once.

Whoever plans experiments asks again and again about one electrolyte and one cell.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, get_type_hints

import orjson
from pydantic import TypeAdapter, create_model

from features.recipe import Recipe
from features.records import Cell
from features.scan import PARTS, SOURCE
from serving.schemas import STRICT, CellId

#: Longer parts are not remembered: what is kept must be bounded in bytes too.
MOST_BYTES = 2048
N_KEPT = 1024
_OF_CELL = frozenset({"cell_id", "recipe", "area_cm2"})
_NUMBERS = (float, int, type(None))  # a bool is none of them: its type is asked, not its kin
_CELL_ID: TypeAdapter[str] = TypeAdapter(CellId, config=STRICT)
Reader = Callable[[bytes], Any]


class NotPlainError(Exception):
    """A cell brings more than a recipe, or something that the schema must judge."""


def cell_of(sent: Any) -> Cell:
    """Return a cell that is a recipe alone."""
    if not isinstance(sent, dict) or not _OF_CELL.issuperset(sent) or len(sent) < 2:
        raise NotPlainError
    area_cm2 = sent.get("area_cm2")
    if type(area_cm2) not in _NUMBERS:
        raise NotPlainError
    cell_id = _CELL_ID.validate_python(sent.get("cell_id"))
    area = None if area_cm2 is None else float(area_cm2)
    return Cell(cell_id, _recipe(sent.get("recipe")), SOURCE, area)


def _recipe(sent: Any) -> Recipe:
    if not isinstance(sent, dict) or "cell" not in sent or not _PARTS.keys() >= sent.keys():
        raise NotPlainError
    return Recipe(**{name: _part(name, part) for name, part in sent.items()})


def _part(name: str, sent: Any) -> Any:
    text = orjson.dumps(sent)
    if len(text) > MOST_BYTES:
        raise NotPlainError
    return _PARTS[name](text)


def fact_of(name: str, text: bytes) -> Any:
    """Return what the text of a fact means that is no number, named like ``coating.phases``."""
    if len(text) > MOST_BYTES:
        raise NotPlainError
    return _FACTS[name](text)


def _remembered(schema: Any) -> Reader:
    """Return a reader that checks a text once and keeps what it means."""
    # Only a model hands its strictness on to the records within.
    holder = create_model("Holder", __config__=STRICT, part=(schema, ...))

    @lru_cache(N_KEPT)
    def checked(text: bytes) -> Any:
        held: Any = holder.model_validate_json(b'{"part":%b}' % text)
        return held.part

    return checked


#: Parts are frozen records: whoever gets one cannot change it for others.
_PARTS: Mapping[str, Reader] = {
    name: _remembered(schema) for name, schema in get_type_hints(Recipe).items()
}
_FACTS: Mapping[str, Reader] = {
    f"{part}.{name}": _remembered(schema)
    for part, kind in PARTS.items()
    for name, schema in get_type_hints(kind).items()
}
