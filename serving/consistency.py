"""Whether the answers for one cell can be true together."""

from collections.abc import Sequence
from typing import Any

from features.any_cells import Cells, of_each
from features.end_of_life import lithium_balance
from features.errors import NotMeasured
from features.records import Cell

#: A life beyond so many times what the lithium excess allows contradicts the efficiency.
INCONSISTENT_RATIO = 2.0
EFFICIENCY, LIFE = "coulombic_efficiency", "cycle_life"
Answer = dict[str, Any]
#: Lithium in excess and capacity cycled, in mAh cm-2.
Balance = tuple[float, float]


def with_contradictions(cells: Cells, rows: Sequence[Sequence[Answer]]) -> list[list[Answer]]:
    """Return the answers for each cell, a life noted that its lithium excess cannot last for.

    With Q_excess and Q_cap known and a predicted CE, the excess lasts
    Q_excess / (Q_cap (1 - CE)) cycles (doi:10.1002/adma.201605531).

    Parameters
    ----------
    cells : sequence of Cell, or Scan
    rows : sequence of sequences of dict
        The answers for each cell, of which ``target``, ``value`` and ``notes`` are looked at.
    """
    targets = [answer["target"] for answer in rows[0]] if rows else []
    if EFFICIENCY not in targets or LIFE not in targets:
        return [list(row) for row in rows]
    efficiency, life = targets.index(EFFICIENCY), targets.index(LIFE)
    balances = of_each(cells, _balance)
    return [
        _noted(list(row), efficiency, life, balance)
        for row, balance in zip(rows, balances, strict=True)
    ]


def contradictions(cells: Cells, columns: Sequence[Answer]) -> dict[int, str]:
    """Return the same notes for answers in columns, by the number of the cell.

    Parameters
    ----------
    cells : sequence of Cell, or Scan
    columns : sequence of dict
        The answers for each target, of which ``target`` and ``value`` are looked at.
    """
    values = {column["target"]: column["value"] for column in columns}
    if EFFICIENCY not in values or LIFE not in values:
        return {}
    each = zip(
        values[EFFICIENCY].tolist(), values[LIFE].tolist(), of_each(cells, _balance), strict=True
    )
    found = {row: _contradiction(*facts) for row, facts in enumerate(each)}
    return {row: note for row, note in found.items() if note is not None}


def _noted(row: list[Answer], efficiency: int, life: int, balance: Balance | None) -> list[Answer]:
    """Return the answers for one cell, its life noted if it contradicts the efficiency."""
    note = _contradiction(row[efficiency]["value"], row[life]["value"], balance)
    if note is not None:
        row[life] = {**row[life], "notes": [*row[life]["notes"], note]}
    return row


def _contradiction(ce_fraction: float, cycles: float, balance: Balance | None) -> str | None:
    if balance is None or not ce_fraction < 1:
        return None
    excess_mAh_cm2, cycled_mAh_cm2 = balance
    lasting = excess_mAh_cm2 / (cycled_mAh_cm2 * (1 - ce_fraction))
    if cycles <= INCONSISTENT_RATIO * lasting:
        return None
    return (
        f"inconsistent: {cycles:.0f} cycles are predicted, yet at the predicted CE of "
        f"{ce_fraction:.4f} the lithium excess lasts {lasting:.0f}"
    )


def _balance(cell: Cell) -> Balance | None:
    try:
        return lithium_balance(cell)
    except NotMeasured:
        return None
