"""Many recipes that differ in a few facts, asked without making a cell for each answer.

What a function of a cell does not look at cannot change its answer. The parts of a scan's cells
write down which of the differing facts are looked at; where it is none, one answer is that of
all cells, and where few values of it differ, one answer serves all cells of each value.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache, cached_property, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from features.errors import InvalidRecord, NotMeasured
from features.recipe import RANGES, CellDesign, Coating, Electrolyte, Protocol, Recipe
from features.records import Cell, Source
from features.registry import Descriptor, select
from features.table import DescriptorTable, measured
from features.window import first_cycles

PARTS: dict[str, type[Any]] = {
    "cell": CellDesign,
    "coating": Coating,
    "electrolyte": Electrolyte,
    "protocol": Protocol,
}
NO_DATA = {"source": Source("measured"), "area_cm2": None, "cycling": None, "spectra": ()}
#: With more distinct values than this share of the cells, each cell is asked by itself.
MOST_DISTINCT = 0.5
#: Where a watched part keeps what was looked at.
SEEN = "_seen"
T = TypeVar("T")
Facts = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Scan:
    """Recipes of one pattern.

    Attributes
    ----------
    recipe : Recipe
        What all cells share; a part that columns complete may be missing.
    columns : mapping of str to sequence
        A value a cell for each fact that differs, named like ``coating.thickness_nm``.

    Examples
    --------
    >>> recipe = Recipe(CellDesign("Li||Cu"))
    >>> scan = Scan(recipe, {"protocol.current_density_mA_cm2": [0.5, 1.0]})
    >>> len(scan), scan.cell(1).recipe.protocol.current_density_mA_cm2
    (2, 1.0)
    """

    recipe: Recipe
    columns: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        unknown = [name for name in self.columns if name not in _columns()]
        if unknown or not self.columns:
            raise InvalidRecord(f"A scan has the columns {unknown}; allowed are {_columns()}.")
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1 or not len(self):
            raise InvalidRecord(f"Columns of a scan need one length above 0, got {lengths}.")
        for part, columns in self._by_part.items():
            for row in _rows_to_check(columns):
                self._check(part, row)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def first(self) -> Cell:
        """Return the first cell."""
        return self.cell(0)

    def cell(self, row: int) -> Cell:
        """Return a cell; it is called after its row."""
        return self._cell(row, {part: _made(*each) for part, each in self._facts(row).items()})

    def cells(self) -> Iterator[Cell]:
        """Yield all cells, one after the other."""
        parts = {part: self._parts(part) for part in self._by_part}
        for row in range(len(self)):
            yield self._cell(row, {part: next(records) for part, records in parts.items()})

    def _parts(self, part: str) -> Iterator[Any]:
        """Yield a differing part of each cell."""
        kind, shared, columns = PARTS[part], self._shared[part], self._by_part[part]
        for values in zip(*columns.values(), strict=True):
            yield _made(kind, shared | dict(zip(columns, values, strict=True)))

    def of_each(self, function: Callable[[Cell], T]) -> list[T]:
        """Return a function's answer for each cell, see ``of_kinds``."""
        answers, kind = self.of_kinds(function)
        return [answers[each] for each in kind.tolist()]

    def of_kinds(self, function: Callable[[Cell], T]) -> tuple[list[T], NDArray[np.intp]]:
        """Return a function's answers, and which of them each cell gets.

        Parameters
        ----------
        function : callable
            Of one cell; its answer depends on nothing but what it looks at, and not on names.

        Returns
        -------
        list, int array of shape (n_cells,)
        """
        watched: set[str] = set()
        while True:
            rows, kind = self._kinds(watched)
            if len(rows) > max(1.0, MOST_DISTINCT * len(self)):
                return [function(cell) for cell in self.cells()], np.arange(len(self))
            answers, seen = self._watched(function, rows, watched)
            if seen <= watched:
                return answers, kind
            watched |= seen

    def _kinds(self, watched: set[str]) -> tuple[list[int], NDArray[np.intp]]:
        """Return the first row of each combination of values, and the combination of each row."""
        if not watched:
            return [0], np.zeros(len(self), np.intp)
        kind_of: dict[tuple[Any, ...], int] = {}
        values = zip(*(self.columns[name] for name in sorted(watched)), strict=True)
        kind = np.array([kind_of.setdefault(each, len(kind_of)) for each in values])
        return np.unique(kind, return_index=True)[1].tolist(), kind

    def _watched(
        self, function: Callable[[Cell], T], rows: Sequence[int], expected: set[str]
    ) -> tuple[list[T], set[str]]:
        """Return answers up to the first that looks at more than expected, and at what."""
        answers, seen = [], set[str]()
        for row in rows:
            answers.append(function(self._watched_cell(row, seen)))
            if not seen & self.columns.keys() <= expected:
                break
        return answers, seen & self.columns.keys()

    def _watched_cell(self, row: int, seen: set[str]) -> Cell:
        parts = {
            part: _made(_watched_kind(part), {**facts, SEEN: seen})
            for part, (_, facts) in self._facts(row).items()
        }
        return self._cell(row, parts)

    def _cell(self, row: int, parts: Mapping[str, Any]) -> Cell:
        recipe = _made(Recipe, {**self._shared_parts, **parts})
        cell: Cell = _made(Cell, {**NO_DATA, "cell_id": str(row), "recipe": recipe})
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

    @cached_property
    def _by_part(self) -> dict[str, dict[str, Sequence[Any]]]:
        found: dict[str, dict[str, Sequence[Any]]] = {}
        for name, column in self.columns.items():
            part, field = name.split(".")
            found.setdefault(part, {})[field] = column
        return found

    @cached_property
    def _shared_parts(self) -> Facts:
        return {part: getattr(self.recipe, part) for part in PARTS}

    @cached_property
    def _shared(self) -> dict[str, Facts]:
        """Return the facts that a differing part shares."""
        return {part: _facts_of(self._shared_parts[part], PARTS[part]) for part in self._by_part}


def describe_scan(
    scan: Scan, names: Iterable[str] | None = None, n_cycles: int | None = None
) -> DescriptorTable:
    """Return the descriptors of a scan's cells, the same that ``describe`` gives.

    Parameters
    ----------
    scan : Scan
    names : iterable of str, optional
        Descriptors wanted; all of the catalogue by default.
    n_cycles : int, optional
        The window.

    Raises
    ------
    UnknownName
        If a descriptor is not in the catalogue.
    """
    if n_cycles is not None:
        first_cycles(scan.first, n_cycles)
    descriptors = select(names)
    values = np.full((len(scan), len(descriptors)), np.nan)
    reasons: dict[tuple[int, str], str] = {}
    for column, descriptor in enumerate(descriptors):
        found, kind = scan.of_kinds(partial(_value_and_reason, descriptor, n_cycles))
        values[:, column] = np.array([value for value, _ in found])[kind]
        why = {number: reason for number, (_, reason) in enumerate(found) if reason}
        if why:
            name = descriptor.name
            reasons |= {(row, name): why[k] for row, k in enumerate(kind.tolist()) if k in why}
    return DescriptorTable(
        cell_ids=tuple(map(str, range(len(scan)))),
        array=values,
        units={d.name: d.unit for d in descriptors},
        versions={d.name: d.version for d in descriptors},
        reasons=reasons,
        n_cycles=n_cycles,
    )


def _value_and_reason(
    descriptor: Descriptor, n_cycles: int | None, cell: Cell
) -> tuple[float, str]:
    """Return a value, or NaN and why there is none."""
    try:
        return measured(descriptor, cell, n_cycles), ""
    except NotMeasured as reason:
        return np.nan, str(reason)


@cache
def _columns() -> tuple[str, ...]:
    return tuple(f"{part}.{each.name}" for part, kind in PARTS.items() for each in fields(kind))


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


def _facts_of(record: Any, kind: type[Any]) -> Facts:
    """Return the facts of a part; of a part that is not stated, those that have a default."""
    if record is None:
        return {each.name: each.default for each in fields(kind) if each.default is not MISSING}
    return {each.name: getattr(record, each.name) for each in fields(kind)}


def _made(kind: type[Any], facts: Facts) -> Any:
    """Return a record of facts that were checked already."""
    record = object.__new__(kind)
    record.__dict__.update(facts)
    return record


@cache
def _watched_kind(part: str) -> type[Any]:
    """Return a kind of record that writes down which of its facts are looked at."""
    kind = PARTS[part]

    def look(self: Any, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__")
        if SEEN in own:
            # Whoever takes all facts at once looks at each of them.
            names = own if name == "__dict__" else (name,)
            own[SEEN].update(f"{part}.{each}" for each in names)
        return object.__getattribute__(self, name)

    def is_equal(self: Any, other: object) -> bool:
        # Records of two kinds are never equal, and this one stands for a plain one.
        plain = _made(kind, _facts_of(self, kind))
        return bool(plain == other)

    names = {"__getattribute__": look, "__eq__": is_equal, "__hash__": kind.__hash__}
    return type(f"Watched{kind.__name__}", (kind,), names)
