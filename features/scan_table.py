"""The descriptors of a scan, each computed as often as what it looks at differs."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from features.errors import NotMeasured
from features.records import Cell
from features.registry import Descriptor, OfFact, select
from features.scan import Scan
from features.survey import Kinds
from features.table import DescriptorTable, measured
from features.window import first_cycles

Array = NDArray[np.float64]


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
    lacking: dict[str, Kinds[str]] = {}
    for column, descriptor in enumerate(descriptors):
        name = descriptor.name, descriptor.version, n_cycles
        function = partial(_value_and_reason, descriptor, n_cycles)
        if (at_once := _of_fact(scan, descriptor.of_fact, function, name)) is not None:
            values[:, column] = at_once
            continue
        found, kind = scan.of_kinds(function, name)
        numbers, why = zip(*found, strict=True)
        values[:, column] = numbers[0] if len(found) == 1 else np.array(numbers)[kind]
        if any(why):
            lacking[descriptor.name] = list(why), kind
    return DescriptorTable(
        cell_ids=tuple(scan.ids),
        array=values,
        units={d.name: d.unit for d in descriptors},
        versions={d.name: d.version for d in descriptors},
        blanks=_blanks(lacking, len(scan)),
        n_cycles=n_cycles,
    )


def _of_fact(
    scan: Scan, law: OfFact | None, function: Callable[[Cell], tuple[float, str]], name: Hashable
) -> Array | None:
    """Return the values that follow from one column, None where it is not certain that all do.

    It is where nothing else that differs was looked at, and the first cell has the very value.
    """
    numbers = None if law is None else scan.columns.get(law.fact)
    if law is None or numbers is None or None in numbers:
        return None
    if scan.facts_of(function, name) != {law.fact}:
        return None
    values = np.asarray(law.of_numbers(numbers), dtype=float)
    is_certain = (values[0], "") == function(scan.first) and np.isfinite(values).all()
    return values if is_certain else None


def _blanks(lacking: Mapping[str, Kinds[str]], n_rows: int) -> tuple[Mapping[str, str], ...]:
    """Return the reasons of each row by name; rows that lack the same share them."""
    if all(len(why) == 1 for why, _ in lacking.values()):
        return ({name: why[0] for name, (why, _) in lacking.items()},) * n_rows
    shared: dict[tuple[str, ...], Mapping[str, str]] = {}
    columns = [[why[each] for each in kind.tolist()] for why, kind in lacking.values()]
    for reasons in (rows := list(zip(*columns, strict=True))):
        if reasons not in shared:
            named = zip(lacking, reasons, strict=True)
            shared[reasons] = {name: reason for name, reason in named if reason}
    return tuple(shared[reasons] for reasons in rows)


def _value_and_reason(
    descriptor: Descriptor, n_cycles: int | None, cell: Cell
) -> tuple[float, str]:
    """Return a value, or NaN and why there is none."""
    try:
        return measured(descriptor, cell, n_cycles), ""
    except NotMeasured as reason:
        return np.nan, str(reason)
