"""Cells that differ in their ids and in numbers alone, told apart by the text between these.

What stands between two facts that differ is the same in all cells: a list is split there sooner
than it is read. However it was split, it means what is taken for it, as long as each piece is
one id or one number: the text between comes from a cell that was read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from features.recipe import RANGES
from features.scan import AREA

_SPACE = rb"[ \t\n\r]*+"
_NEXT = re.compile(rb"%b,%b" % (_SPACE, _SPACE))
_NO_NUMBER = re.compile(rb"[^-+.0-9eEnul,]")
ID = "cell_id"


@dataclass(frozen=True)
class Gap:
    """Where a fact stands in the text of the first cell.

    Attributes
    ----------
    name : str
    start, end : int
    """

    name: str
    start: int
    end: int


def split(
    first: bytes, gaps: Sequence[Gap], pattern: re.Pattern[bytes], body: bytes, start: int
) -> tuple[dict[str, list[bytes]], int] | None:
    """Return the texts of the facts that differ by name, and where the list ends.

    Parameters
    ----------
    first : bytes
        Text of the first cell.
    gaps : sequence of Gap
    pattern : pattern
        Of a cell like it, with a group for each gap.
    body : bytes
    start : int
        Where the first cell begins.

    Returns
    -------
    tuple, or None
        None if this reader does not take the cells for certain.
    """
    between = _NEXT.match(body, start + len(first))
    second = pattern.match(body, between.end()) if between is not None else None
    if between is None or second is None:
        return None
    texts = [first[gap.start : gap.end] for gap in gaps]
    differing = [
        gap for gap, one, other in zip(gaps, texts, second.groups(), strict=False) if one != other
    ]
    if not _are_ids_and_numbers([gap.name for gap in differing]):
        return None
    opening, *inner, closing = _constants(first, differing)
    *rows, last = body[start + len(opening) :].split(closing + between[0] + opening)
    end = re.compile(re.escape(closing) + _SPACE + rb"\]").search(last)
    if end is None:
        return None
    columns = _columns([*rows, last[: end.start()]], inner)
    if columns is None:
        return None
    found = {gap.name: column for gap, column in zip(differing, columns, strict=True)}
    is_certain = all(_is_plain(name, column) for name, column in found.items())
    return (found, len(body) - len(last) + end.end()) if is_certain else None


def _are_ids_and_numbers(names: Sequence[str]) -> bool:
    return ID in names and all(name in RANGES or name in (ID, AREA) for name in names)


def _constants(first: bytes, differing: Sequence[Gap]) -> list[bytes]:
    """Return what stands before, between and after the facts that differ."""
    starts = [0, *(gap.end for gap in differing)]
    ends = [*(gap.start for gap in differing), len(first)]
    return [first[start:end] for start, end in zip(starts, ends, strict=True)]


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
    joined = b",".join(texts)
    if name == ID:
        are_quoted = all(len(text) > 1 and text[:1] == text[-1:] == b'"' for text in texts)
        return are_quoted and joined.count(b'"') == 2 * len(texts)
    return joined.count(b",") == len(texts) - 1 and _NO_NUMBER.search(joined) is None
