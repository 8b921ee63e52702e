"""From a checked request to descriptors, each blank with its reason."""

from collections.abc import Sequence

from features.doubts import doubts
from features.errors import UnknownName
from features.records import Cell
from features.registry import select
from features.spectrum_doubts import fit_doubts
from features.table import DescriptorTable, describe
from serving.bodies import to_records
from serving.errors import InvalidRequest, Problem
from serving.replies import CellDescriptors, DescriptorOut, DescriptorReply
from serving.schemas import DescriptorRequest
from serving.settings import Settings


def descriptors(request: DescriptorRequest, settings: Settings) -> DescriptorReply:
    """Return descriptors of every cell of a request, each blank with its reason."""
    try:
        select(request.names)
    except UnknownName as error:
        raise InvalidRequest([Problem("names", str(error))]) from None
    cells = to_records(request.cells, settings)
    return descriptors_of(cells, request.names, n_cycles=request.n_cycles)


def descriptors_of(
    cells: Sequence[Cell], names: Sequence[str] | None = None, *, n_cycles: int | None = None
) -> DescriptorReply:
    """Return descriptors of cells, each blank with its reason."""
    table = describe(cells, names, n_cycles)
    return DescriptorReply(
        cells=[
            CellDescriptors(
                cell_id=cell.cell_id,
                descriptors=_described(table, row),
                doubts=[*doubts(cell), *fit_doubts(cell, names)],
            )
            for row, cell in enumerate(cells)
        ],
        n_cycles=n_cycles,
    )


def _described(table: DescriptorTable, row: int) -> dict[str, DescriptorOut]:
    reasons = table.absent(row)
    values: list[float] = table.array[row].tolist()
    return {
        name: DescriptorOut(
            value=None if name in reasons else value,
            unit=table.units[name],
            version=table.versions[name],
            reason=reasons.get(name),
        )
        for name, value in zip(table.names, values, strict=True)
    }
