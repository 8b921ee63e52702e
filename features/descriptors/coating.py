"""What is known of the coating before the cell is built."""

import numpy as np

from features.errors import NotMeasured
from features.recipe import Coating, PhaseRole
from features.records import Cell
from features.registry import descriptor

LIU_2017 = "doi:10.1002/adma.201605531"
CM_PER_NM = 1e-7


@descriptor(version=1, source="own")
def is_coated(cell: Cell) -> float:
    """Return 1 for a coated electrode, 0 for a bare control."""
    return float(not _coating(cell).is_bare)


@descriptor(version=1, source=LIU_2017)
def coating_inorganic_fraction(cell: Cell) -> float:
    """Return the weight fraction of inorganic phases, 0 on a bare electrode."""
    return _fraction(cell, "inorganic")


@descriptor(version=1, source=LIU_2017)
def coating_polymer_fraction(cell: Cell) -> float:
    """Return the weight fraction of polymer phases, 0 on a bare electrode."""
    return _fraction(cell, "polymer")


@descriptor(version=1, source=LIU_2017)
def log10_coating_thickness_nm(cell: Cell) -> float:
    """Return log10 of the coating's thickness."""
    return float(np.log10(_stated(_coated(cell).thickness_nm, "thickness")))


@descriptor(version=1, source="own")
def log10_coating_conductivity_S_cm(cell: Cell) -> float:
    """Return log10 of the coating's ionic conductivity."""
    return float(np.log10(_stated(_coated(cell).ionic_conductivity_S_cm, "ionic conductivity")))


@descriptor(version=1, source="doi:10.1149/1.1850854")
def log10_coating_youngs_modulus_GPa(cell: Cell) -> float:
    """Return log10 of the coating's Young's modulus, which holds dendrites back."""
    return float(np.log10(_stated(_coated(cell).youngs_modulus_GPa, "Young's modulus")))


@descriptor(version=1, source="own")
def log10_coating_resistance_ohm_cm2(cell: Cell) -> float:
    """Return log10 of thickness over conductivity: the film's area-specific resistance."""
    coating = _coated(cell)
    thickness_cm = CM_PER_NM * _stated(coating.thickness_nm, "thickness")
    conductivity_S_cm = _stated(coating.ionic_conductivity_S_cm, "ionic conductivity")
    return float(np.log10(thickness_cm / conductivity_S_cm))


def _coating(cell: Cell) -> Coating:
    if cell.recipe.coating is None:
        raise NotMeasured("the recipe does not describe the coating")
    return cell.recipe.coating


def _coated(cell: Cell) -> Coating:
    coating = _coating(cell)
    if coating.is_bare:
        raise NotMeasured("the electrode is bare")
    return coating


def _fraction(cell: Cell, role: PhaseRole) -> float:
    coating = _coating(cell)
    unknown = [phase.name for phase in coating.phases if phase.role is None]
    if unknown:
        raise NotMeasured(
            f"the role of {', '.join(unknown)} is not stated (inorganic, polymer or additive)"
        )
    return coating.fraction_of(role)


def _stated(value: float | None, what: str) -> float:
    if value is None:
        raise NotMeasured(f"the coating's {what} is not stated")
    return value
