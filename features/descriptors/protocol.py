"""How the cell is cycled and its efficiency measured: inputs that travel with every CE."""

import math
from collections.abc import Sequence

import numpy as np

from features.errors import NotMeasured
from features.records import Cell
from features.registry import OfFact, descriptor

#: CE depends on how it is measured as much as on the electrolyte (Kim et al. 2023).
KIM_2023 = "doi:10.1073/pnas.2214357120"


def _log10(numbers: Sequence[float]) -> list[float]:
    """Return log10 as one number alone has it; NumPy's may differ in the last bit."""
    return list(map(math.log10, numbers))


@descriptor(
    version=1, source=KIM_2023, of_fact=OfFact("protocol.current_density_mA_cm2", np.asarray)
)
def current_density_mA_cm2(cell: Cell) -> float:
    """Return the plating current density of the protocol."""
    return _stated(cell.recipe.protocol.current_density_mA_cm2, "current density")


@descriptor(
    version=1, source=KIM_2023, of_fact=OfFact("protocol.areal_capacity_mAh_cm2", np.asarray)
)
def areal_capacity_mAh_cm2(cell: Cell) -> float:
    """Return the areal capacity plated per cycle."""
    return _stated(cell.recipe.protocol.areal_capacity_mAh_cm2, "areal capacity")


@descriptor(version=1, source=KIM_2023, of_fact=OfFact("protocol.current_density_mA_cm2", _log10))
def log10_current_density_mA_cm2(cell: Cell) -> float:
    """Return log10 of the plating current density: rates act by their ratio."""
    return math.log10(current_density_mA_cm2(cell))


@descriptor(version=1, source=KIM_2023, of_fact=OfFact("protocol.areal_capacity_mAh_cm2", _log10))
def log10_areal_capacity_mAh_cm2(cell: Cell) -> float:
    """Return log10 of the areal capacity plated per cycle."""
    return math.log10(areal_capacity_mAh_cm2(cell))


@descriptor(version=1, source=KIM_2023)
def is_aurbach_method(cell: Cell) -> float:
    """Return 1 if CE is measured by the reservoir method, 0 if averaged over cycles."""
    if cell.recipe.protocol.ce_method is None:
        raise NotMeasured("the protocol states no CE method (cycle_average or aurbach)")
    return float(cell.recipe.protocol.ce_method == "aurbach")


def _stated(value: float | None, what: str) -> float:
    if value is None:
        raise NotMeasured(f"the protocol states no {what}")
    return value
