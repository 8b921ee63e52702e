"""Recipes alone, read in a fraction of the time: parts of recipes that came before are known.

Whoever plans experiments asks again and again about one electrolyte and one cell. Here each part
of a recipe is checked by the schema of ``serving.schemas`` once, and remembered as it was sent.
What this reader does not take for certain it leaves to ``serving.bodies``, which also says what
is wrong with it; so this one may only be stricter, and never has to explain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import inf
from typing import Any

import orjson
from pydantic import ValidationError

from features.any_cells import Cells
from features.errors import InvalidRecord
from serving.plain_json import plain_tree
from serving.quick_parts import MOST_BYTES, N_KEPT, NotPlainError, cell_of
from serving.scan_bodies import FEWEST, SHORTEST, scan_of
from serving.schemas import PredictionTerms
from serving.settings import Settings

#: No list in such a part has more entries, each of which is an object or a text with its comma.
LONGEST = MOST_BYTES // 4
#: Brackets of a request nest no deeper: request, cells, cell, recipe, part, list, component.
DEEPEST = 7
#: Cells are longer than the first one by their ids and numbers, and never twice as long.
ROUGHLY = 2


@dataclass(frozen=True)
class QuickRequest:
    """Cells of which nothing was measured, and what is asked of them.

    Attributes
    ----------
    cells : sequence of Cell, or Scan
        A scan if they are many of one pattern.
    terms : PredictionTerms
        One object for all requests that ask for the same.
    """

    cells: Cells
    terms: PredictionTerms


Reader = Callable[[bytes, Settings], QuickRequest | None]


def quick_request(body: bytes, settings: Settings) -> QuickRequest | None:
    """Return the request that a body holds, None if this reader cannot vouch for it."""
    return _first_of((_as_scan, _one_by_one), body, settings)


def request_of_numbers(body: bytes, settings: Settings, most: int) -> QuickRequest | None:
    """Return a request of so many cells that differ in ids and numbers alone, None for others."""
    reader = partial(_as_scan, of_numbers=True, most=ROUGHLY * most)
    asked = _first_of((reader,), body, settings)
    return asked if asked is not None and len(asked.cells) <= most else None


def _first_of(readers: Sequence[Reader], body: bytes, settings: Settings) -> QuickRequest | None:
    if settings.max_cells < LONGEST or settings.max_depth < DEEPEST:
        return None  # lists and depth within a cell would have to be looked at
    for reader in readers:
        try:
            found = reader(body, settings)
        except (ValidationError, InvalidRecord, NotPlainError):
            continue
        if found is not None:
            return found
    return None


def _as_scan(
    body: bytes, settings: Settings, *, of_numbers: bool = False, most: float = inf
) -> QuickRequest | None:
    if len(body) < FEWEST * SHORTEST:
        return None
    found = scan_of(body, settings, of_numbers=of_numbers, most=most)
    return None if found is None else QuickRequest(found[0], _terms(orjson.dumps(found[1])))


def _one_by_one(body: bytes, settings: Settings) -> QuickRequest | None:
    if len(body) > MOST_BYTES and (b'"cycling"' in body or b'"spectra"' in body):
        return None  # a short one is refused as soon
    tree = plain_tree(body, settings)
    if not isinstance(tree, dict) or not isinstance(tree.get("cells"), list):
        return None
    sent: list[Any] = tree.pop("cells")
    if not 0 < len(sent) <= settings.max_cells:
        return None
    terms = _terms(orjson.dumps(tree))
    cells = tuple(map(cell_of, sent))
    is_unique = len(cells) == 1 or len({cell.cell_id for cell in cells}) == len(cells)
    return QuickRequest(cells, terms) if is_unique else None


@lru_cache(N_KEPT)
def _terms(text: bytes) -> PredictionTerms:
    if len(text) > MOST_BYTES:
        raise NotPlainError
    return PredictionTerms.model_validate_json(text)
