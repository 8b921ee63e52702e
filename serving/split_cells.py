"""Cells that differ in their ids and in numbers alone, told apart by the text between these.

What stands between two facts that differ is the same in all cells: a list is split there sooner
than it is read. However it was split, it means what is taken for it, as long as each piece is
one id or one number: the text between comes from a cell that was read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from features.recipe import RANGES
from features.scan import AREA

_SPACE = rb"[ \t\n\r]*+"
_NEXT = re.compile(rb"%b,%b" % (_SPACE, _SPACE))
_END = re.compile(rb"%b\]" % _SPACE)
_NO_NUMBER = re.compile(rb"[^-+.0-9eEnul,]")
_IDS = re.compile(rb'"[^"\x00]*+"(?:\x00"[^"\x00]*+")*+')
#: Of the text between two facts, what is looked for; a long text is slow to find.
N_BYTES = 16
ID = "cell_id"


class Gap(NamedTuple):
    """Where a fact stands in the text of a cell.

    Attributes
    ----------
    name : str
    start, end : int
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class CellText:
    """The text of a cell, and where its facts stand.

    Attributes
    ----------
    text : bytes
    gaps : tuple of Gap
    """

    text: bytes
    gaps: tuple[Gap, ...]

    def facts(self) -> list[tuple[str, bytes]]:
        """Return all facts by name."""
        return [(gap.name, self.text[gap.start : gap.end]) for gap in self.gaps]

    def constants(self, gaps: Sequence[Gap]) -> list[bytes]:
        """Return what stands before, between and after some facts."""
        starts = [0, *(gap.end for gap in gaps)]
        ends = [*(gap.start for gap in gaps), len(self.text)]
        return [self.text[start:end] for start, end in zip(starts, ends, strict=True)]


def between(first: bytes, body: bytes, start: int) -> bytes | None:
    """Return what stands between the first cell of a list and the second."""
    found = _NEXT.match(body, start + len(first))
    return None if found is None else found[0]


def split(
    first: CellText, second: CellText, body: bytes, start: int
) -> tuple[dict[str, list[bytes]], int] | None:
    """Return the texts of the facts that differ by name, and where the list ends.

    Parameters
    ----------
    first, second : CellText
        Of the first two cells.
    body : bytes
    start : int
        Where the first cell begins.

    Returns
    -------
    tuple, or None
        None if this reader does not take the cells for certain.
    """
    differing = _differing(first, second)
    comma = between(first.text, body, start)
    if differing is None or comma is None:
        return None
    opening, *inner, closing = first.constants(differing)
    found = _columns(body, start + len(opening), inner, closing, comma + opening)
    if found is None:
        return None
    texts = {gap.name: column for gap, column in zip(differing, found[0], strict=True)}
    is_certain = all(_is_plain(name, column) for name, column in texts.items())
    return (texts, found[1]) if is_certain else None


def _differing(first: CellText, second: CellText) -> list[Gap] | None:
    """Return the gaps in which two cells differ, None where they differ in more than numbers."""
    if first.constants(first.gaps) != second.constants(second.gaps):
        return None
    facts = zip(first.gaps, first.facts(), second.facts(), strict=True)
    found = [gap for gap, one, other in facts if one != other]
    return found if _are_ids_and_numbers(gap.name for gap in found) else None


def _are_ids_and_numbers(names: Iterable[str]) -> bool:
    names = set(names)
    return ID in names and names <= {ID, AREA, *RANGES}


def _columns(
    body: bytes, place: int, inner: Sequence[bytes], closing: bytes, following: bytes
) -> tuple[list[list[bytes]], int] | None:
    """Return what stands between the constants of each cell, and where the list ends.

    Parameters
    ----------
    body : bytes
    place : int
        Where the first piece of the first cell begins.
    inner : sequence of bytes
        What stands between two pieces of a cell.
    closing, following : bytes
        What stands between the last piece and the end of its cell, and on to the next piece.
    """
    columns: list[list[bytes]] = [[] for _ in (*inner, closing)]
    constants = (*inner, closing + following)
    parts = [
        (each[:N_BYTES], each, len(each), column.append)
        for each, column in zip(constants, columns, strict=True)
    ]
    while True:
        for short, constant, n_bytes, add in parts:
            end = body.find(short, place)
            add(body[place:end])
            if not body.startswith(constant, end):
                return _ended(body, end, columns, closing)
            place = end + n_bytes


def _ended(
    body: bytes, end: int, columns: list[list[bytes]], closing: bytes
) -> tuple[list[list[bytes]], int] | None:
    """Return the columns if the last cell ends there, and the list with it."""
    is_whole = len(set(map(len, columns))) == 1 and body.startswith(closing, end)
    last = _END.match(body, end + len(closing)) if is_whole and end >= 0 else None
    return None if last is None else (columns, last.end())


def _is_plain(name: str, texts: Sequence[bytes]) -> bool:
    """Tell whether each text is one id, or one number, as far as its ends go.

    What is in it is checked where it is read; two texts must not be three when read together.
    """
    if name == ID:
        return _IDS.fullmatch(b"\0".join(texts)) is not None
    joined = b",".join(texts)
    return joined.count(b",") == len(texts) - 1 and _NO_NUMBER.search(joined) is None
