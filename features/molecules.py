"""Which molecule a component of an electrolyte is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from types import MappingProxyType

from features.errors import NotMeasured
from features.formula import molar_mass_g_mol, parse_formula
from features.molecule_table import AMBIGUOUS, SALTS, SOLVENTS
from features.recipe import Component

__all__ = ["Molecule", "find_molecule", "known_molecules", "parse_formula"]

#: A molecule with one of them is taken for a salt.
ALKALI_METALS = {"Li", "Na", "K", "Rb", "Cs"}
#: Molecules kept, so that the formula of each is read once; a lab knows fewer.
MOST_REMEMBERED = 1024


@dataclass(frozen=True)
class Molecule:
    """A molecule, or one formula unit of a salt.

    Attributes
    ----------
    name : str
    formula : str
    density_g_mL : float or None
        Of the pure liquid at room temperature; None for salts and where unknown.
    """

    name: str
    formula: str
    density_g_mL: float | None = None

    @cached_property
    def atoms(self) -> dict[str, int]:
        """Return how many atoms of each element it holds."""
        return parse_formula(self.formula)

    @cached_property
    def molar_mass_g_mol(self) -> float:
        """Return the mass of one mole."""
        return molar_mass_g_mol(self.atoms)

    @property
    def is_salt(self) -> bool:
        """Tell whether it holds an alkali metal."""
        return not ALKALI_METALS.isdisjoint(self.atoms)

    @property
    def stated_density_g_mL(self) -> float:
        """Return the density, or raise NotMeasured where there is none."""
        if self.density_g_mL is None:
            raise NotMeasured(f"the density of '{self.name}' is not known: give its density_g_mL")
        return self.density_g_mL


@cache
def known_molecules() -> Mapping[str, Molecule]:
    """Return the molecules of the table under each of their names, as written."""
    return MappingProxyType(dict(_names_with_molecules()))


def find_molecule(component: Component) -> Molecule:
    """Return the molecule that a component is.

    Parameters
    ----------
    component : Component
        Its own formula and density go before those of the table.

    Raises
    ------
    NotMeasured
        If it states no formula and the table has none under its name.
    InvalidRecord
        If its formula cannot be read.

    Examples
    --------
    >>> find_molecule(Component("ethylene carbonate", 1, "volume_parts")).formula
    'C3H4O3'
    """
    return _found(component.name, component.formula, component.density_g_mL)


@lru_cache(maxsize=MOST_REMEMBERED)
def _found(name: str, formula: str | None, density_g_mL: float | None) -> Molecule:
    known = _BY_KEY.get(_key(name))
    if formula is None and known is None:
        raise NotMeasured(_why_unknown(name))
    if formula is None and known is not None:
        return Molecule(known.name, known.formula, density_g_mL or known.density_g_mL)
    stated = Molecule(name, formula or "", density_g_mL)
    if known is None or stated.density_g_mL is not None or stated.atoms != known.atoms:
        return stated
    return Molecule(stated.name, stated.formula, known.density_g_mL)


def _names_with_molecules() -> Iterator[tuple[str, Molecule]]:
    for name, (formula, density_g_mL, others) in SOLVENTS.items():
        yield from ((each, Molecule(name, formula, density_g_mL)) for each in (name, *others))
    for name, (formula, others) in SALTS.items():
        yield from ((each, Molecule(name, formula)) for each in (name, *others))


def _key(name: str) -> str:
    """Return a name without what people spell differently: case, spaces and hyphens."""
    return "".join(name.casefold().split()).replace("-", "")


def _why_unknown(name: str) -> str:
    for ambiguous, meanings in AMBIGUOUS.items():
        if _key(ambiguous) == _key(name):
            return f"'{name}' may be {' or '.join(meanings)}: write which, or give its formula"
    return f"the molecule '{name}' is not in the table: give its formula (and density_g_mL)"


_BY_KEY = {_key(name): molecule for name, molecule in _names_with_molecules()}
