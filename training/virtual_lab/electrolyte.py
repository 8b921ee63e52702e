"""How much lithium an electrolyte eats: relative to 1 M LiPF6 in EC/DEC with 10 % FEC."""

from features.errors import InvalidRecord
from features.recipe import Component, Electrolyte

#: Own: reactivity of solvents without additives, relative to the reference electrolyte.
#: EC/DEC + 10 wt% FEC comes out as 1.0 and DOL/DME + 1 wt% LiNO3 as 0.75, the ratio of the
#: losses at 0.25 mA/cm2 in doi:10.1002/adma.201605531.
SOLVENT_REACTIVITY_RATIO = {
    "EC": 1.8,
    "DEC": 1.8,
    "DMC": 1.9,
    "EMC": 1.9,
    "PC": 2.0,
    "DOL": 1.5,
    "DME": 1.5,
}
#: Own: film former -> how strongly each unit of its fraction calms the solvent. VC is made to
#: do with 1 % what FEC does with 10 %, see the Li||LTO cells of the same paper.
FILM_FORMER_STRENGTH = {"FEC": 8.0, "VC": 100.0, "LiNO3": 100.0}


def reactivity_ratio(electrolyte: Electrolyte) -> float:
    """Return the lithium loss in an electrolyte over that in the reference electrolyte.

    Raises
    ------
    InvalidRecord
        If a solvent is unknown, or an additive's amount is no fraction.
    """
    unknown = sorted({s.name for s in electrolyte.solvents} - set(SOLVENT_REACTIVITY_RATIO))
    if unknown or not electrolyte.solvents:
        raise InvalidRecord(
            f"The virtual lab cannot mix solvents {unknown or 'out of nothing'}; it has "
            f"{', '.join(SOLVENT_REACTIVITY_RATIO)}."
        )
    parts = [(s.amount, SOLVENT_REACTIVITY_RATIO[s.name]) for s in electrolyte.solvents]
    solvent_ratio = sum(amount * ratio for amount, ratio in parts) / sum(a for a, _ in parts)
    return solvent_ratio / (1 + sum(_calming(additive) for additive in electrolyte.additives))


def _calming(additive: Component) -> float:
    if not additive.unit.endswith("fraction"):
        raise InvalidRecord(
            f"Additive '{additive.name}' is given in {additive.unit}; the virtual lab needs "
            f"weight_fraction or volume_fraction."
        )
    return FILM_FORMER_STRENGTH.get(additive.name, 0.0) * additive.amount
