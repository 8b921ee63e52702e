"""The descriptors of a scan, each computed as often as what it looks at differs."""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from features.errors import NotMeasured
from features.records import Cell
from features.registry import Descriptor, select
from features.scan import Scan
from features.survey import Kinds
from features.table import DescriptorTable, measured
from features.window import first_cycles


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
        found, kind = scan.of_kinds(partial(_value_and_reason, descriptor, n_cycles), name)
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
