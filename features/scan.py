"""Many recipes that differ in a few facts, asked without making a cell for each answer.

What a function of a cell does not look at cannot change its answer. The parts of a scan's cells
write down which of the differing facts are looked at; where it is none, one answer is that of
all cells, and where few values of it differ, one answer serves all cells of each value.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import repeat
from typing import Any, TypeVar

import numpy as np

from features.errors import InvalidRecord
from features.recipe import RANGES, CellDesign, Coating, Electrolyte, Protocol, Recipe
from features.records import Cell, Source
from features.survey import Kinds, Survey
from features.watched_records import Facts, facts_of, made, watched, watched_kind

PARTS: dict[str, type[Any]] = {
    "cell": CellDesign,
    "coating": Coating,
    "electrolyte": Electrolyte,
    "protocol": Protocol,
}
SOURCE = Source("measured")
NO_DATA = {"source": SOURCE, "cycling": None, "spectra": ()}
#: A fact of the cell itself, which is no part of its recipe.
AREA = "area_cm2"
#: Cells of a scan that are kept for the next function; of more, one is made after the other.
MOST_KEPT = 1024
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Scan:
    """Recipes of one pattern.

    Attributes
    ----------
    recipe : Recipe
        What all cells share; a part that columns complete may be missing.
    columns : mapping of str to sequence
        A value a cell for each fact that differs, named like ``coating.thickness_nm``, or
        ``area_cm2``.
    cell_ids : sequence of str, optional
        By default cells are called after their rows.
    area_cm2 : float, optional
        What all cells share.
    pattern : bytes, optional
        All that the cells share, as it was written. What was once found out about a pattern, and
        cannot depend on the columns, is known for the next scan of it.

    Examples
    --------
    >>> recipe = Recipe(CellDesign("Li||Cu"))
    >>> scan = Scan(recipe, {"protocol.current_density_mA_cm2": [0.5, 1.0]})
    >>> len(scan), scan.cell(1).recipe.protocol.current_density_mA_cm2
    (2, 1.0)
    """

    recipe: Recipe
    columns: Mapping[str, Sequence[Any]]
    cell_ids: Sequence[str] | None = None
    area_cm2: float | None = None
    pattern: bytes | None = None

    def __post_init__(self) -> None:
        unknown = [name for name in self.columns if name not in _columns()]
        if unknown or not (self.columns or self.cell_ids):
            raise InvalidRecord(f"A scan has the columns {unknown}; allowed are {_columns()}.")
        lengths = {name: len(column) for name, column in self._all_columns.items()}
        if len(set(lengths.values())) > 1 or not len(self):
            raise InvalidRecord(f"Columns of a scan need one length above 0, got {lengths}.")
        for part, columns in self._by_part.items():
            for row in _rows_to_check(columns):
                self._check(part, row)
        self._check_areas()

    def __len__(self) -> int:
        return len(next(iter(self._all_columns.values())))

    @cached_property
    def ids(self) -> Sequence[str]:
        """Return what the cells are called."""
        return self.cell_ids or [str(row) for row in range(len(self))]

    def rows(self, rows: Sequence[int]) -> "Scan":
        """Return the scan of some cells, by position; their facts were checked already."""
        columns = {name: [column[row] for row in rows] for name, column in self.columns.items()}
        some = {
            "recipe": self.recipe,
            "columns": columns,
            "cell_ids": [self.ids[row] for row in rows],
            "area_cm2": self.area_cm2,
            "pattern": self.pattern,
        }
        scan: Scan = made(Scan, some)
        return scan

    @property
    def first(self) -> Cell:
        """Return the first cell."""
        return self.cell(0)

    def cell(self, row: int) -> Cell:
        """Return a cell."""
        return self._cell(row, {part: made(*each) for part, each in self._facts(row).items()})

    def __iter__(self) -> Iterator[Cell]:
        """Yield all cells, one after the other."""
        if len(self) <= MOST_KEPT:
            yield from self._kept
        else:
            yield from self._made_anew()

    @cached_property
    def _kept(self) -> list[Cell]:
        return list(self._made_anew())

    def _made_anew(self) -> Iterator[Cell]:
        areas_cm2 = self.columns.get(AREA) or repeat(self.area_cm2)
        shared, known, new = self._shared_parts, dict(NO_DATA), object.__new__
        for cell_id, parts, area_cm2 in zip(self.ids, self._differing(), areas_cm2, strict=False):
            # What ``made`` does, in half of its time.
            recipe, cell = new(Recipe), new(Cell)
            facts = recipe.__dict__
            facts.update(shared)
            facts.update(parts)
            facts = cell.__dict__
            facts.update(known)
            facts["cell_id"], facts["recipe"], facts[AREA] = cell_id, recipe, area_cm2
            yield cell

    def _differing(self) -> Iterator[Facts]:
        """Yield the parts of each cell that differ."""
        records = {part: self._parts(part) for part in self._by_part}
        if len(records) == 1:
            ((part, column),) = records.items()
            return ({part: record} for record in column)
        if not records:
            return repeat({})
        return (dict(zip(records, row, strict=True)) for row in zip(*records.values(), strict=True))

    def _parts(self, part: str) -> list[Any]:
        """Return a differing part of each cell."""
        kind, shared, columns = PARTS[part], self._shared[part], self._by_part[part]
        if len(columns) > 1:
            rows = zip(*columns.values(), strict=True)
            return [made(kind, {**shared, **dict(zip(columns, row, strict=True))}) for row in rows]
        ((name, column),) = columns.items()
        return list(_with(kind, shared, name, column))

    def of_each(self, function: Callable[[Cell], T], name: Hashable = None) -> list[T]:
        """Return a function's answer for each cell, see ``of_kinds``."""
        answers, kind = self.of_kinds(function, name)
        if len(answers) == 1:
            return answers * len(self)
        return [answers[each] for each in kind.tolist()]

    def of_kinds(self, function: Callable[[Cell], T], name: Hashable = None) -> Kinds[T]:
        """Return a function's answers, and which of them each cell gets.

        Parameters
        ----------
        function : callable
            Of one cell; its answer depends on nothing but what it looks at, and not on ids.
        name : hashable, optional
            What looks at the same facts and gives the same answers has the same name; by default
            nothing is remembered.

        Returns
        -------
        list, int array of shape (n_cells,)
        """
        return self._survey.of_kinds(self, function, name)

    def facts_of(self, function: Callable[[Cell], T], name: Hashable) -> frozenset[str]:
        """Return the columns that a function has looked at by now, see ``of_kinds``."""
        return self._survey.facts_of(self, function, name)

    @cached_property
    def _survey(self) -> Survey:
        return Survey(self.columns, len(self), self.pattern)

    def watched_cell(self, row: int, seen: set[str]) -> Cell:
        """Return a cell that adds to a set which columns are looked at."""
        parts = {
            part: watched(self._watched_kinds[part], facts, seen)
            for part, (_, facts) in self._facts(row).items()
        }
        cell = self._cell(row, parts)
        if AREA not in self.columns:
            return cell
        looked_at: Cell = watched(self._watched_kinds[""], vars(cell), seen)
        return looked_at

    def _cell(self, row: int, parts: Mapping[str, Any]) -> Cell:
        recipe = made(Recipe, {**self._shared_parts, **parts})
        area_cm2 = self.columns[AREA][row] if AREA in self.columns else self.area_cm2
        facts = {**NO_DATA, "cell_id": self.ids[row], "recipe": recipe, AREA: area_cm2}
        cell: Cell = made(Cell, facts)
        return cell

    def _facts(self, row: int) -> dict[str, tuple[type[Any], Facts]]:
        """Return kind and facts of the parts that differ."""
        return {
            part: (
                PARTS[part],
                self._shared[part] | {name: column[row] for name, column in columns.items()},
            )
            for part, columns in self._by_part.items()
        }

    def _check(self, part: str, row: int) -> None:
        """Let the record itself refuse its facts."""
        kind, facts = self._facts(row)[part]
        try:
            kind(**facts)
        except (InvalidRecord, TypeError) as error:
            raise InvalidRecord(f"Row {row} of {part}: {error}") from error

    def _check_areas(self) -> None:
        areas_cm2 = [self.area_cm2, *self.columns.get(AREA, ())]
        for area_cm2 in dict.fromkeys(areas_cm2):
            Cell("of a scan", self.recipe, SOURCE, area_cm2)

    @cached_property
    def _all_columns(self) -> dict[str, Sequence[Any]]:
        named = {} if self.cell_ids is None else {"cell_ids": self.cell_ids}
        return {**self.columns, **named}

    @cached_property
    def _by_part(self) -> dict[str, dict[str, Sequence[Any]]]:
        """Return the columns of each part of the recipe that differs."""
        found: dict[str, dict[str, Sequence[Any]]] = {}
        for name, column in self.columns.items():
            part, _, field = name.rpartition(".")
            if part:
                found.setdefault(part, {})[field] = column
        return found

    @cached_property
    def _watched_kinds(self) -> dict[str, type[Any]]:
        """Return the kinds of record that write down which of the differing facts are looked at."""
        found = {"": watched_kind(Cell, (AREA,))}
        for part, names in self._by_part.items():
            kind: Any = PARTS[part]
            found[part] = watched_kind(kind, tuple(names), f"{part}.")
        return found

    @cached_property
    def _shared_parts(self) -> Facts:
        return {part: getattr(self.recipe, part) for part in PARTS}

    @cached_property
    def _shared(self) -> dict[str, Facts]:
        """Return the facts that a differing part shares."""
        return {part: facts_of(self._shared_parts[part], PARTS[part]) for part in self._by_part}


@cache
def _columns() -> tuple[str, ...]:
    of_parts = (f"{part}.{each.name}" for part, kind in PARTS.items() for each in fields(kind))
    return (*of_parts, AREA)


def _rows_to_check(columns: Mapping[str, Sequence[Any]]) -> Iterator[int]:
    """Yield rows of a part such that all are right if these are.

    Numbers are compared with their ranges at once; the record checks whatever else differs.
    """
    if not set(columns) <= set(RANGES):
        yield from range(len(next(iter(columns.values()))))
        return
    yield 0
    for name, column in columns.items():
        low, high = RANGES[name]
        numbers = np.array(column, dtype=float)
        for row in np.flatnonzero(~((numbers >= low) & (numbers <= high))).tolist():
            if column[row] is not None:
                yield row


def _with(kind: type[Any], shared: Facts, name: str, column: Iterable[Any]) -> Iterator[Any]:
    """Yield records that differ in one fact, made as ``made`` does, in half of its time."""
    for value in column:
        record = object.__new__(kind)
        facts = record.__dict__
        facts.update(shared)
        facts[name] = value
        yield record
