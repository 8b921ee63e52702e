"""Recipes to simulate: the founding paper's own, and random ones around them."""

from dataclasses import replace
from typing import Literal

import numpy as np

from features.recipe import (
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
)
from training.virtual_lab.film import film_of

FoundingCoating = Literal["bare", "Cu3N+SBR", "Cu3N", "SBR"]

#: doi:10.1002/adma.201605531: doctor blade from THF, about 1 um; 0.71 to 0.81 GPa. The main
#: text gives no weight ratio: 9 to 1 is our own assumption.
FOUNDING_COATINGS: dict[FoundingCoating, Coating] = {
    "bare": Coating(phases=()),
    "Cu3N+SBR": Coating(
        phases=(Phase("Cu3N", 0.9, role="inorganic"), Phase("SBR", 0.1, role="polymer")),
        thickness_nm=1000.0,
        process="doctor blade",
        solvent="THF",
        youngs_modulus_GPa=0.8,
    ),
    "Cu3N": Coating(phases=(Phase("Cu3N", 1.0, role="inorganic"),), thickness_nm=1000.0),
    "SBR": Coating(phases=(Phase("SBR", 1.0, role="polymer"),), thickness_nm=1000.0),
}
#: Electrolytes of the same paper.
CARBONATE = Electrolyte(
    salts=(Component("LiPF6", 1.0, "mol_per_L"),),
    solvents=(Component("EC", 1.0, "volume_parts"), Component("DEC", 1.0, "volume_parts")),
    additives=(Component("FEC", 0.10, "weight_fraction"),),
)
ETHER = Electrolyte(
    salts=(Component("LiTFSI", 1.0, "mol_per_L"),),
    solvents=(Component("DOL", 1.0, "weight_parts"), Component("DME", 1.0, "weight_parts")),
    additives=(Component("LiNO3", 0.01, "weight_fraction"),),
)
#: Of its Li||LTO cells; the salt is not stated there.
CARBONATE_VC = Electrolyte(
    salts=CARBONATE.salts,
    solvents=CARBONATE.solvents,
    additives=(Component("VC", 0.01, "volume_fraction"),),
)
LI_CU = CellDesign("Li||Cu", substrate="Cu")
LI_LI = CellDesign("Li||Li", substrate="Li")
#: 50 um of lithium against 3 mAh/cm2 of LTO, as in the same paper; and as much lithium
#: electrodeposited, and molten into its host of zinc oxide on polyimide fibres.
LI_LTO = CellDesign(
    "Li||LTO", substrate="Li", lithium_capacity_mAh_cm2=10.0, positive_capacity_mAh_cm2=3.0
)
ELECTRODEPOSITED_LTO = replace(LI_LTO, substrate="electrodeposited Li")
HOST_LTO = replace(LI_LTO, substrate="Li-PI-ZnO")

#: What the random recipes vary; own, wide around the founding paper.
INORGANICS = ("Cu3N", "Li3N", "LiF", "Li3PO4", "Al2O3")
POLYMERS = ("SBR", "PVDF-HFP", "PEO", "LiPAA")
BARE_FRACTION = 0.15
ONE_PHASE_FRACTION = 0.2
THICKNESS_RANGE_nm = (100.0, 10_000.0)
CURRENT_DENSITIES_mA_cm2 = (0.25, 0.5, 1.0, 2.0)
AREAL_CAPACITIES_mAh_cm2 = (0.5, 1.0, 2.0, 3.0)
#: Share of recipes that state a modulus or a conductivity, and how far both stray from the
#: mixing rule (standard deviation of the natural logarithm).
STATED_FRACTION = 0.6
MODULUS_SPREAD, CONDUCTIVITY_SPREAD = 0.4, 0.8
#: Films from Cu3N must stay below 0.4 to 0.5 V (doi:10.1002/adma.201605531); others strip to 1 V.
NITRIDE_CUTOFF_V, USUAL_CUTOFF_V = 0.4, 1.0


def li_cu_protocol(
    current_density_mA_cm2: float,
    areal_capacity_mAh_cm2: float,
    upper_cutoff_V: float = USUAL_CUTOFF_V,
) -> Protocol:
    """Return the protocol of a CE test by the cycle average, at 25 degC."""
    return Protocol(
        current_density_mA_cm2=current_density_mA_cm2,
        areal_capacity_mAh_cm2=areal_capacity_mAh_cm2,
        upper_cutoff_V=upper_cutoff_V,
        temperature_degC=25.0,
        ce_method="cycle_average",
    )


def founding_recipe(
    coating: FoundingCoating,
    *,
    cell: CellDesign = LI_CU,
    electrolyte: Electrolyte = CARBONATE,
    current_density_mA_cm2: float = 1.0,
    areal_capacity_mAh_cm2: float = 1.0,
) -> Recipe:
    """Return a recipe of the founding paper (doi:10.1002/adma.201605531).

    Parameters
    ----------
    coating : {"bare", "Cu3N+SBR", "Cu3N", "SBR"}
    cell : CellDesign
        ``LI_CU``, ``LI_LI`` or ``LI_LTO`` of this module, or any like them.
    electrolyte : Electrolyte
        ``CARBONATE`` or ``ETHER`` of this module, or any like them.
    current_density_mA_cm2, areal_capacity_mAh_cm2 : float

    Examples
    --------
    >>> founding_recipe("Cu3N+SBR").coating.thickness_nm
    1000.0
    """
    protocol = li_cu_protocol(current_density_mA_cm2, areal_capacity_mAh_cm2, NITRIDE_CUTOFF_V)
    if cell.type != "Li||Cu":
        protocol = replace(protocol, upper_cutoff_V=None, ce_method=None)
    return Recipe(cell, FOUNDING_COATINGS[coating], electrolyte, protocol)


def random_recipe(rng: np.random.Generator) -> Recipe:
    """Return a random Li||Cu recipe: bare or coated, carbonate or ether, mild or harsh."""
    is_bare = rng.random() < BARE_FRACTION
    coating = FOUNDING_COATINGS["bare"] if is_bare else random_coating(rng)
    return _with_coating(random_control(rng), coating)


def random_control(rng: np.random.Generator) -> Recipe:
    """Return bare copper in a random electrolyte, at a random current and capacity."""
    protocol = li_cu_protocol(
        float(rng.choice(CURRENT_DENSITIES_mA_cm2)), float(rng.choice(AREAL_CAPACITIES_mAh_cm2))
    )
    return Recipe(LI_CU, FOUNDING_COATINGS["bare"], random_electrolyte(rng), protocol)


def random_coated(control: Recipe, rng: np.random.Generator) -> Recipe:
    """Return a control with a random coating."""
    return _with_coating(control, random_coating(rng))


def _with_coating(control: Recipe, coating: Coating) -> Recipe:
    """Return a control with a coating, stripped to a voltage that the coating stands."""
    has_nitride = any(phase.name == "Cu3N" for phase in coating.phases)
    cutoff_V = NITRIDE_CUTOFF_V if has_nitride else USUAL_CUTOFF_V
    protocol = replace(control.protocol, upper_cutoff_V=cutoff_V)
    return replace(control, coating=coating, protocol=protocol)


def random_coating(rng: np.random.Generator) -> Coating:
    """Return a coating of one inorganic and one polymer, or at times of one of them alone."""
    inorganic, polymer = str(rng.choice(INORGANICS)), str(rng.choice(POLYMERS))
    fraction = round(float(rng.uniform(0.05, 0.98)), 2)
    if rng.random() < ONE_PHASE_FRACTION:
        fraction = float(rng.integers(2))
    phases = (
        Phase(inorganic, fraction, "inorganic"),
        Phase(polymer, round(1 - fraction, 2), "polymer"),
    )
    thickness_nm = float(np.exp(rng.uniform(*np.log(THICKNESS_RANGE_nm))))
    kept = tuple(phase for phase in phases if phase.weight_fraction > 0)
    return _with_stated_properties(Coating(kept, thickness_nm=round(thickness_nm, -1)), rng)


def random_electrolyte(rng: np.random.Generator) -> Electrolyte:
    """Return one of the founding paper's electrolytes with a random amount of its additive."""
    reference, highest = ((CARBONATE, 0.10), (ETHER, 0.02))[int(rng.integers(2))]
    amount = round(float(rng.choice((0.0, 0.5, 1.0))) * highest, 3)
    additives = tuple(replace(part, amount=amount) for part in reference.additives if amount > 0)
    return replace(reference, additives=additives)


def _with_stated_properties(coating: Coating, rng: np.random.Generator) -> Coating:
    film = film_of(coating)
    is_stated = rng.random(2) < STATED_FRACTION
    modulus_spread, conductivity_spread = np.exp(
        rng.normal(0, (MODULUS_SPREAD, CONDUCTIVITY_SPREAD))
    )
    if film is None:
        return coating
    modulus_GPa = float(f"{film.youngs_modulus_GPa * modulus_spread:.2g}")
    conductivity_S_cm = float(f"{film.ionic_conductivity_S_cm * conductivity_spread:.2g}")
    return replace(
        coating,
        youngs_modulus_GPa=modulus_GPa if is_stated[0] else None,
        ionic_conductivity_S_cm=conductivity_S_cm if is_stated[1] else None,
    )
