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
#: Of the text between two cells, what a list is split by; a long text is slow to find.
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
    found = _rows(body[start + len(opening) :], closing, comma + opening)
    columns = None if found is None else _columns(found[0], inner)
    if found is None or columns is None:
        return None
    texts = {gap.name: column for gap, column in zip(differing, columns, strict=True)}
    is_certain = all(_is_plain(name, column) for name, column in texts.items())
    return (texts, len(body) - found[1]) if is_certain else None


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


def _rows(text: bytes, closing: bytes, following: bytes) -> tuple[list[bytes], int] | None:
    """Return what stands in each row before its end, and how many bytes follow the list."""
    whole = closing + following
    n_rest = max(1, len(whole) - N_BYTES)
    rest, short = whole[:n_rest], whole[n_rest:]
    *rows, last = text.split(short)
    place = last.find(closing)
    end = _END.match(last, place + len(closing)) if place >= 0 else None
    found = [row[:-n_rest] for row in rows if row.endswith(rest)]
    if end is None or len(found) < len(rows):
        return None
    return [*found, last[:place]], len(last) - end.end()


def _columns(rows: list[bytes], inner: Sequence[bytes]) -> list[list[bytes]] | None:
    """Return the pieces of each row by their place, None where one has others between."""
    columns, rest = [], rows
    for constant in inner:
        parted = [row.split(constant, 1) for row in rest]
        if set(map(len, parted)) != {2}:
            return None
        columns.append([piece for piece, _ in parted])
        rest = [piece for _, piece in parted]
    return [*columns, rest]


def _is_plain(name: str, texts: Sequence[bytes]) -> bool:
    """Tell whether each text is one id, or one number, as far as its ends go.

    What is in it is checked where it is read; two texts must not be three when read together.
    """
    if name == ID:
        return _IDS.fullmatch(b"\0".join(texts)) is not None
    joined = b",".join(texts)
    return joined.count(b",") == len(texts) - 1 and _NO_NUMBER.search(joined) is None
