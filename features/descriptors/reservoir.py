"""One Coulombic efficiency for a whole test: from a plated reservoir, or from a lithium excess."""

import numpy as np

from features.cycles import cycle_columns, rows_where
from features.end_of_life import full_cycles, lithium_balance
from features.errors import NotMeasured
from features.records import Cell
from features.registry import descriptor

ADAMS_2018 = "doi:10.1002/aenm.201702097"
LIU_2017 = "doi:10.1002/adma.201605531"
#: The last stripping takes what is left: more than was cycled, or up to a risen voltage.
EMPTIED_RATIO = 1.02
EMPTIED_RISE_V = 0.1


@descriptor(version=1, source=ADAMS_2018)
def aurbach_ce_fraction(cell: Cell) -> float:
    """Return all charge stripped over all plated, from the reservoir on; formation is left out.

    With a reservoir QT, n cycles of Qc and a last stripping Qs, (n Qc + Qs) / (n Qc + QT).
    """
    columns = cycle_columns(cell)
    test = rows_where(columns["kind"] == "reservoir", columns)
    stripped_Ah, end_V = test["stripped_Ah"], test["stripping_end_V"]
    if not stripped_Ah.size:
        raise NotMeasured("no reservoir of lithium is plated and then cycled in part")
    takes_more = stripped_Ah[-1] > EMPTIED_RATIO * np.median(stripped_Ah[:-1])
    rises_V = end_V[-1] - np.median(end_V[:-1])
    if not takes_more and not rises_V > EMPTIED_RISE_V:
        raise NotMeasured("the last stripping, which empties the reservoir, is not finished")
    return float(stripped_Ah.sum() / test["plated_Ah"].sum())


@descriptor(version=1, source=f"own, after {LIU_2017}")
def lithium_excess_ce_fraction(cell: Cell) -> float:
    """Return the Coulombic efficiency that uses up the lithium excess in the full cycles run.

    With n full cycles of Qc before the first short one, 1 - Q_excess / (n Qc). An upper
    bound: it takes lithium's loss for the only cause. Where the positive brings lithium of
    its own (LFP, NMC), all lithium put in is excess.
    """
    excess_mAh_cm2, cycled_mAh_cm2 = lithium_balance(cell)
    n_full, is_short = full_cycles(cell)
    bound = 1 - excess_mAh_cm2 / (n_full * cycled_mAh_cm2) if n_full else 0.0
    if not is_short:
        raise NotMeasured(
            f"the cell has not fallen short yet; CE is at least {max(bound, 0):.4f} "
            f"after {n_full} full cycles"
        )
    if not bound > 0:
        raise NotMeasured(f"the cell fell short after {n_full} cycles, before its excess was used")
    return bound
