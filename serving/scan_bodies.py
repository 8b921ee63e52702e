"""Many recipes of one pattern, read as columns: what all cells say in one text is read once.

A program that writes a list of cells writes each of them with the same fields in the same order
and with the same spaces. The first cell with a gap for each fact is then the pattern of all; what
stands in the gaps of all cells is a column, of which most hold one text. Where ids and numbers
alone differ, ``serving.split_cells`` tells them apart. As elsewhere, what is not taken for certain
is left to others: this reader may only be stricter.
"""

import re
from dataclasses import fields
from functools import lru_cache
from itertools import islice
from math import copysign, inf
from operator import methodcaller
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from features.recipe import RANGES
from features.records import Cell
from features.scan import AREA, PARTS, Scan
from serving.plain_json import may_exceed, plain_tree
from serving.quick_parts import MOST_BYTES, NotPlainError, cell_of, fact_of
from serving.schemas import STRICT, CellId
from serving.settings import Settings
from serving.split_cells import ID, CellText, Gap, between, split

#: Fewer cells are read one by one sooner.
FEWEST = 24
#: Bytes that a cell needs at least to be one.
SHORTEST = len(b'{"cell_id":"1","recipe":{"cell":{"type":"Li||Cu"}}}')
N_PATTERNS = 64
#: Of the text of a cell with that of the next up to its first field; bounds a pattern, too.
LONGEST = 4 * MOST_BYTES
#: Name in the text -> name of the column; no two parts have a field of one name.
_FACTS = {
    field.name: f"{part}.{field.name}" for part, kind in PARTS.items() for field in fields(kind)
}
_NAMES = "|".join((ID, AREA, *_FACTS)).encode()
_SPACE = rb"[ \t\n\r]*+"
_WORD_OR_NUMBER = rb'"[^"\\\x00-\x1f]*+"|[-0-9][-+.0-9eE]*+|null'
#: Lists within a recipe hold objects, and no further lists.
_LIST = rb"\[[^\[\]]*+\]"
_FACT = re.compile(rb'"(%b)"%b:%b(%b|%b)' % (_NAMES, _SPACE, _SPACE, _WORD_OR_NUMBER, _LIST))
_OPENING = re.compile(rb'"cells"%b:%b\[%b(?=\{%b"(cell_id|recipe|area_cm2)")' % (*(_SPACE,) * 4,))
_IDS: TypeAdapter[list[str]] = TypeAdapter(
    Annotated[list[CellId], Field(fail_fast=True)], config=STRICT
)
_NUMBERS: TypeAdapter[list[float | None]] = TypeAdapter(
    Annotated[list[float | None], Field(fail_fast=True)], config=STRICT
)
#: Cells whose matches are held, before they are columns.
AT_ONCE = 256
_groups = methodcaller("groups")


def scan_of(
    body: bytes, settings: Settings, *, of_numbers: bool = False, most: float = inf
) -> tuple[Scan, dict[str, Any]] | None:
    """Return the cells of a body and its other fields, None where they have no one pattern.

    Parameters
    ----------
    body : bytes
    settings : Settings
    of_numbers : bool
        Whether cells that differ in more than ids and numbers are left to others.
    most : float
        More cells, told by the length of the first, are left to others.

    Raises
    ------
    NotPlainError, ValidationError, InvalidRecord
        If something is not as it must be, or this reader cannot vouch for it.
    """
    opening = _OPENING.search(body)
    if opening is None or b"\\" in body or may_exceed(body, settings.max_fields):
        return None
    start = opening.end()
    first = _cell(body, start, opening[1])
    if not FEWEST * len(first.text) <= len(body) <= most * len(first.text):
        return None
    template = cell_of(plain_tree(first.text, settings))
    found = _split(first, body, start, opening[1])
    if found is None and not of_numbers:
        found = _matched(first, body, start)
    if found is None:
        return None
    texts, end = found
    others = plain_tree(b"%b]%b" % (body[:start], body[end:]), settings)
    if not isinstance(others, dict) or others.pop("cells", None) != []:
        return None
    return _scan(first, template, texts, settings), others


def _cell(body: bytes, start: int, field: bytes) -> CellText:
    """Return the text of a cell: it ends where the next begins with the same field."""
    following = re.compile(rb'\}%b,%b\{%b"%b"' % (_SPACE, _SPACE, _SPACE, field))
    found = following.search(body, start, start + LONGEST)
    if found is None:
        raise NotPlainError
    text = body[start : found.start() + 1]
    gaps = [Gap(fact[1].decode(), *fact.span(2)) for fact in _FACT.finditer(text)]
    return CellText(text, tuple(gaps))


def _split(
    first: CellText, body: bytes, start: int, field: bytes
) -> tuple[dict[str, list[bytes]], int] | None:
    comma = between(first.text, body, start)
    if comma is None:
        return None
    second = _cell(body, start + len(first.text) + len(comma), field)
    return split(first, second, body, start)


def _expression(first: CellText) -> bytes:
    """Return the expression of all cells like one."""
    *constants, closing = map(re.escape, first.constants(first.gaps))
    pieces = [
        constant + rb"(%b)" % (_LIST if fact.startswith(b"[") else _WORD_OR_NUMBER)
        for constant, (_, fact) in zip(constants, first.facts(), strict=True)
    ]
    return b"".join((*pieces, closing))


@lru_cache(N_PATTERNS)
def _pattern(gaps: bytes) -> re.Pattern[bytes]:
    """Return the expression of a cell, with a group for each gap and for what follows it."""
    return re.compile(rb"%b%b([,\]])%b" % (gaps, _SPACE, _SPACE))


def _matched(first: CellText, body: bytes, start: int) -> tuple[dict[str, list[bytes]], int] | None:
    """Return the texts of all facts by name, and where the list ends."""
    (*columns, closing), end = _texts(_pattern(_expression(first)), body, start)
    if closing != [b","] * (len(closing) - 1) + [b"]"]:
        return None
    return {gap.name: column for gap, column in zip(first.gaps, columns, strict=True)}, end


def _texts(pattern: re.Pattern[bytes], body: bytes, start: int) -> tuple[list[list[bytes]], int]:
    """Return the texts in each gap, and where the last cell of the pattern ends."""
    columns: list[list[bytes]] = [[] for _ in range(pattern.groups)]
    found, end = pattern.finditer(body, start), start
    while some := list(islice(found, AT_ONCE)):
        ends = [end, *(each.end() for each in some)]
        if [each.start() for each in some] != ends[:-1]:
            raise NotPlainError  # something else stands between two of them
        end = ends[-1]
        for column, texts in zip(columns, zip(*map(_groups, some), strict=True), strict=True):
            # Most gaps hold one text in all cells, which is kept once.
            is_one = texts.count(texts[0]) == len(texts)
            column.extend(texts[:1] * len(texts) if is_one else texts)
    return columns, end


def _scan(text: CellText, first: Cell, texts: dict[str, list[bytes]], settings: Settings) -> Scan:
    """Return the cells like the first one, with the texts of their facts by name."""
    cell_ids = _IDS.validate_json(_listed(texts.pop(ID, [])))
    if len(set(cell_ids)) < len(cell_ids) or len(cell_ids) > settings.max_cells:
        raise NotPlainError
    columns = {
        _FACTS.get(name, name): _column(name, column, settings)
        for name, column in texts.items()
        if column.count(column[0]) < len(column)
    }
    differing = [
        gap for gap in text.gaps if gap.name == ID or _FACTS.get(gap.name, gap.name) in columns
    ]
    pattern = b"\0".join(text.constants(differing))
    return Scan(first.recipe, columns, cell_ids, first.area_cm2, pattern)


def _column(name: str, texts: list[bytes], settings: Settings) -> list[Any]:
    """Return what the texts of a fact mean, one of each cell."""
    if name in RANGES or name == AREA:
        numbers = _NUMBERS.validate_json(_listed(texts))
        if 0 in numbers and any(each == 0 and copysign(1, each) < 0 for each in numbers):
            raise NotPlainError  # a scan does not tell the two zeros apart
        return numbers
    meant = {text: _fact(name, text, settings) for text in set(texts)}
    return [meant[text] for text in texts]


def _fact(name: str, text: bytes, settings: Settings) -> Any:
    if text.startswith(b"[") and (b"-0" in text or plain_tree(text, settings) is None):
        raise NotPlainError
    return fact_of(_FACTS[name], text)


def _listed(texts: list[bytes]) -> bytes:
    return b"[%b]" % b",".join(texts)
