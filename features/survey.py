"""Functions of a cell, asked once for all cells of a scan that they cannot tell apart."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from features.records import Cell

#: With more distinct values than this share of the cells, each cell is asked by itself.
MOST_DISTINCT = 0.5
#: Patterns about which is known what functions look at.
N_PATTERNS = 64
T = TypeVar("T")
#: Answers, and which of them each cell gets, (n_cells,).
Kinds = tuple[list[T], NDArray[np.intp]]
#: The first row of each kind, and the kind of each row.
Rows = tuple[list[int], NDArray[np.intp]]


@dataclass(frozen=True)
class Seen(Generic[T]):
    """What a function was seen to do with the cells of a pattern.

    Attributes
    ----------
    facts : frozenset of str
        Columns that it looked at.
    answers : list, optional
        The one answer for all cells of the pattern, if it looked at no column.
    """

    facts: frozenset[str] = frozenset()
    answers: list[T] | None = None


UNSEEN: Seen[Any] = Seen()


class Asked(Protocol):
    """Cells that tell what is looked at, such as ``features.scan.Scan``."""

    def __iter__(self) -> Iterator[Cell]:
        """Yield all cells."""

    def watched_cell(self, row: int, seen: set[str]) -> Cell:
        """Return a cell that adds to a set which columns are looked at."""


class Survey:
    """Which cells differ in what functions look at.

    It does not hold the cells, which hold it: both go as soon as nobody needs them.

    Parameters
    ----------
    columns : mapping of str to sequence
        A value a cell for each fact that differs.
    n_cells : int
    pattern : bytes, optional
        What the cells share, see ``features.scan.Scan``.
    """

    def __init__(
        self, columns: Mapping[str, Sequence[Any]], n_cells: int, pattern: bytes | None
    ) -> None:
        self._columns = columns
        self._n_cells = n_cells
        self._memory = {} if pattern is None else _memory_of(pattern, tuple(columns))
        self._all_alike = np.zeros(n_cells, np.intp)
        self._known_kinds: dict[frozenset[str], Rows | None] = {}

    def facts_of(
        self, cells: Asked, function: Callable[[Cell], T], name: Hashable
    ) -> frozenset[str]:
        """Return the columns that a function has looked at by now, of one cell at least."""
        if name not in self._memory:
            self._remember(name, Seen(frozenset(_watched(cells, function, [0], frozenset())[1])))
        return self._memory[name].facts

    def of_kinds(
        self, cells: Asked, function: Callable[[Cell], T], name: Hashable = None
    ) -> Kinds[T]:
        """Return answers and which of them each cell gets, see ``features.scan.Scan.of_kinds``."""
        known: Seen[T] = self._memory.get(name, UNSEEN)
        if known.answers is not None:
            return known.answers, self._all_alike
        watched = known.facts
        while (kinds := self._kinds(watched)) is not None:
            answers, seen = _watched(cells, function, kinds[0], watched)
            if seen <= watched:
                self._remember(name, Seen(watched, None if watched else answers))
                return answers, kinds[1]
            watched |= seen
        self._remember(name, Seen(watched))
        return [function(cell) for cell in cells], np.arange(self._n_cells)

    def _remember(self, name: Hashable, seen: Seen[Any]) -> None:
        if name is not None:
            self._memory[name] = seen

    def _kinds(self, watched: frozenset[str]) -> Rows | None:
        """Return the first row of each combination of values, and the combination of each row.

        None where they are too many. Many functions look at the same facts.
        """
        if watched not in self._known_kinds:
            self._known_kinds[watched] = self._found_kinds(watched)
        return self._known_kinds[watched]

    def _found_kinds(self, watched: frozenset[str]) -> Rows | None:
        if not watched:
            return [0], self._all_alike
        values = list(zip(*(self._columns[name] for name in sorted(watched)), strict=True))
        kind_of = {each: kind for kind, each in enumerate(dict.fromkeys(values))}
        if len(kind_of) > max(1.0, MOST_DISTINCT * self._n_cells):
            return None
        kind = np.array([kind_of[each] for each in values])
        return np.unique(kind, return_index=True)[1].tolist(), kind


def _watched(
    cells: Asked, function: Callable[[Cell], T], rows: Sequence[int], expected: frozenset[str]
) -> tuple[list[T], set[str]]:
    """Return answers up to the first that looks at more than expected, and at what."""
    answers, seen = [], set[str]()
    for row in rows:
        answers.append(function(cells.watched_cell(row, seen)))
        if not seen <= expected:
            break
    return answers, seen


@lru_cache(N_PATTERNS)
def _memory_of(_pattern: bytes, _columns: tuple[str, ...]) -> dict[Hashable, Seen[Any]]:
    return {}
