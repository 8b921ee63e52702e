"""From a recipe's amounts, in whatever unit, to moles of each molecule.

The convention is that of Kim et al. 2023, doi:10.1073/pnas.2214357120: volumes of solvents
add up, and salts and additives come on top of them. "Per litre" is per litre of solvent.
"""

from dataclasses import dataclass

from features.errors import NotMeasured
from features.molecules import Molecule, find_molecule
from features.recipe import Component, Electrolyte

#: unit of a solvent's amount -> what is mixed; a mix has one of them.
BASIS = {
    "mol_per_L": "moles per litre",
    "volume_parts": "volume",
    "volume_fraction": "volume",
    "weight_parts": "weight",
    "weight_fraction": "weight",
    "mole_parts": "moles",
}


@dataclass(frozen=True)
class Portion:
    """So many moles of a molecule, relative to the other portions of its electrolyte."""

    molecule: Molecule
    amount_mol: float
    is_salt: bool


@dataclass(frozen=True)
class _SolventMix:
    portions: tuple[Portion, ...]
    basis: str

    @property
    def mass_g(self) -> float:
        return sum(part.amount_mol * part.molecule.molar_mass_g_mol for part in self.portions)

    @property
    def volume_mL(self) -> float:
        if self.basis == "moles per litre":
            return 1000.0
        return sum(_volume_mL(part) for part in self.portions)


def portions(electrolyte: Electrolyte) -> tuple[Portion, ...]:
    """Return the moles of each molecule of an electrolyte, relative to each other.

    Parameters
    ----------
    electrolyte : Electrolyte
        Solvents share one basis: volume, weight, moles or moles per litre. Salts and
        additives may be in mol_per_L or mol_per_kg (of solvent), in fractions of the volume
        or weight of the solvents, or in parts on the solvents' own basis.

    Returns
    -------
    tuple of Portion
        Salts, solvents, additives in this order. An additive with an alkali metal is a salt.

    Raises
    ------
    NotMeasured
        If salts or solvents are not stated, a molecule or a density that is needed is not
        known, or the units cannot be brought together.
    """
    if not electrolyte.solvents or not electrolyte.salts:
        raise NotMeasured("the electrolyte states no salts or no solvents")
    mix = _solvent_mix(electrolyte.solvents)
    salts = tuple(_portion(salt, mix, is_salt=True) for salt in electrolyte.salts)
    additives = tuple(_portion(additive, mix) for additive in electrolyte.additives)
    return salts + mix.portions + additives


def _solvent_mix(solvents: tuple[Component, ...]) -> _SolventMix:
    units = {solvent.unit for solvent in solvents}
    bases = {BASIS.get(unit) for unit in units}
    basis = bases.pop()
    if bases or basis is None:
        raise NotMeasured(
            f"the solvents' amounts are in {', '.join(sorted(units))}; they need one basis: "
            f"volume, weight, mole_parts or mol_per_L"
        )
    mixed = []
    for solvent in solvents:
        molecule = find_molecule(solvent)
        mixed.append(Portion(molecule, _moles_on_basis(solvent.amount, basis, molecule), False))
    return _SolventMix(tuple(mixed), basis)


def _portion(component: Component, mix: _SolventMix, is_salt: bool | None = None) -> Portion:
    molecule = find_molecule(component)
    moles = _moles_beside(component, molecule, mix)
    return Portion(molecule, moles, molecule.is_salt if is_salt is None else is_salt)


def _moles_beside(component: Component, molecule: Molecule, mix: _SolventMix) -> float:
    """Return the moles of a salt or additive that belong to this much of solvents."""
    if component.unit == "mol_per_L":
        return component.amount * mix.volume_mL / 1000
    if component.unit == "mol_per_kg":
        return component.amount * mix.mass_g / 1000
    if component.unit == "volume_fraction":
        return _moles_on_basis(component.amount * mix.volume_mL, "volume", molecule)
    if component.unit == "weight_fraction":
        return _moles_on_basis(component.amount * mix.mass_g, "weight", molecule)
    if BASIS[component.unit] != mix.basis:
        raise NotMeasured(
            f"'{component.name}' is in {component.unit} beside solvents on the basis of {mix.basis}"
        )
    return _moles_on_basis(component.amount, mix.basis, molecule)


def _moles_on_basis(amount: float, basis: str, molecule: Molecule) -> float:
    """Return the moles in an amount, read as mL, g or mol."""
    if basis == "volume":
        return amount * molecule.stated_density_g_mL / molecule.molar_mass_g_mol
    if basis == "weight":
        return amount / molecule.molar_mass_g_mol
    return amount


def _volume_mL(part: Portion) -> float:
    return part.amount_mol * part.molecule.molar_mass_g_mol / part.molecule.stated_density_g_mL
