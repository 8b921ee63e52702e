"""Whether the answers for one cell can be true together."""

from collections.abc import Sequence
from typing import Any

from features.end_of_life import lithium_balance
from features.errors import NotMeasured
from features.records import Cell

#: A life beyond so many times what the lithium excess allows contradicts the efficiency.
INCONSISTENT_RATIO = 2.0
Answer = dict[str, Any]


def with_contradictions(cell: Cell, answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers, a life noted that the cell's lithium excess cannot last for.

    With Q_excess and Q_cap known and a predicted CE, the excess lasts
    Q_excess / (Q_cap (1 - CE)) cycles (doi:10.1002/adma.201605531).

    Parameters
    ----------
    cell : Cell
    answers : sequence of dict
        Of which ``target``, ``value`` and ``notes`` are looked at.
    """
    if len(answers) == 1:
        return list(answers)
    by_target = {answer["target"]: answer for answer in answers}
    efficiency = by_target.get("coulombic_efficiency")
    life = by_target.get("cycle_life")
    if efficiency is None or life is None or not efficiency["value"] < 1:
        return list(answers)
    try:
        excess_mAh_cm2, cycled_mAh_cm2 = lithium_balance(cell)
    except NotMeasured:
        return list(answers)
    lasting = excess_mAh_cm2 / (cycled_mAh_cm2 * (1 - efficiency["value"]))
    if life["value"] <= INCONSISTENT_RATIO * lasting:
        return list(answers)
    note = (
        f"inconsistent: {life['value']:.0f} cycles are predicted, yet at the predicted CE of "
        f"{efficiency['value']:.4f} the lithium excess lasts {lasting:.0f}"
    )
    noted = {**life, "notes": [*life["notes"], note]}
    return [noted if answer is life else answer for answer in answers]
