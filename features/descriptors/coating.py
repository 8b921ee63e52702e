"""What is known of the coating before the cell is built."""

import numpy as np

from features.descriptors.protocol import current_density_mA_cm2
from features.errors import NotMeasured
from features.recipe import Coating, Phase, PhaseRole
from features.records import Cell
from features.registry import OfFact, descriptor

LIU_2017 = "doi:10.1002/adma.201605531"
MONROE_2005 = "doi:10.1149/1.1850854"
CM_PER_NM = 1e-7
#: Own assumption: of ceramics and of glassy polymers alike; rubber has 0.5.
POISSONS_RATIO = 0.3
#: Polycrystalline lithium as in Monroe and Newman 2005; reported values reach 4.2 GPa.
LITHIUM_SHEAR_MODULUS_GPa = 3.4
#: At room temperature, by name or formula, lower case. Cu3N from its cell of 3.819 angstrom
#: (Zachwieja and Jacobs 1990); other inorganic phases after the CRC Handbook of Chemistry and
#: Physics, polymers after Mark, Polymer Data Handbook.
DENSITIES_g_cm3 = {
    "cu3n": 6.10,
    "cu": 8.96,
    "li3n": 1.27,
    "lif": 2.64,
    "li2o": 2.01,
    "li2co3": 2.11,
    "licl": 2.07,
    "al2o3": 3.97,
    "zno": 5.6,
    "sbr": 0.94,
    "styrene butadiene rubber": 0.94,
    "styrene-butadiene rubber": 0.94,
    "pvdf": 1.78,
    "peo": 1.21,
    "pan": 1.18,
    "pmma": 1.18,
    "ptfe": 2.2,
    "pdms": 0.97,
}


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


@descriptor(version=1, source=LIU_2017, of_fact=OfFact("coating.thickness_nm", np.log10))
def log10_coating_thickness_nm(cell: Cell) -> float:
    """Return log10 of the coating's thickness."""
    return float(np.log10(_stated(_coated(cell).thickness_nm, "thickness")))


@descriptor(version=1, source="own", of_fact=OfFact("coating.ionic_conductivity_S_cm", np.log10))
def log10_coating_conductivity_S_cm(cell: Cell) -> float:
    """Return log10 of the coating's ionic conductivity."""
    return float(np.log10(_stated(_coated(cell).ionic_conductivity_S_cm, "ionic conductivity")))


@descriptor(version=1, source=MONROE_2005, of_fact=OfFact("coating.youngs_modulus_GPa", np.log10))
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


@descriptor(version=1, source=MONROE_2005)
def shear_modulus_ratio(cell: Cell) -> float:
    """Return the coating's shear modulus over that of lithium; 2 should hold dendrites back.

    The shear modulus follows from Young's modulus with a Poisson's ratio of 0.3.
    """
    youngs_GPa = _stated(_coated(cell).youngs_modulus_GPa, "Young's modulus")
    return youngs_GPa / (2 * (1 + POISSONS_RATIO)) / LITHIUM_SHEAR_MODULUS_GPa


@descriptor(version=1, source="own")
def coating_inorganic_volume_fraction(cell: Cell) -> float:
    """Return the volume fraction of inorganic phases in the pore-free coating, 0 if bare."""
    coating = _coating(cell)
    volumes = [phase.weight_fraction / _density_g_cm3(phase) for phase in coating.phases]
    if coating_inorganic_fraction(cell) == 0:
        return 0.0
    inorganic = [
        volume
        for volume, phase in zip(volumes, coating.phases, strict=True)
        if phase.role == "inorganic"
    ]
    return sum(inorganic) / sum(volumes)


@descriptor(version=1, source="own")
def coating_voltage_drop_mV(cell: Cell) -> float:
    """Return the voltage over the coating at the protocol's current: density times resistance."""
    resistance_ohm_cm2 = 10 ** log10_coating_resistance_ohm_cm2(cell)
    return float(current_density_mA_cm2(cell) * resistance_ohm_cm2)


def _density_g_cm3(phase: Phase) -> float:
    for name in (phase.name, phase.formula):
        if name is not None and name.strip().casefold() in DENSITIES_g_cm3:
            return DENSITIES_g_cm3[name.strip().casefold()]
    raise NotMeasured(f"the density of {phase.name} is not known here")


def _coating(cell: Cell) -> Coating:
    if cell.recipe.coating is None:
        raise NotMeasured(
            "the recipe does not describe the coating (bare is a coating of no phases)"
        )
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
