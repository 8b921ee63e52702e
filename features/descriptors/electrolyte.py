"""Elements of the electrolyte, by ratio: thirteen numbers that know no molecule by name.

After Kim et al. 2023. A fraction is over all atoms of the electrolyte, hydrogen and the
cations included; "solvent" counts neutral molecules, "anion" the salts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from features.electrolyte_composition import Portion, portions
from features.errors import NotMeasured
from features.recipe import Electrolyte
from features.records import Cell
from features.registry import descriptor, once_per_part

KIM_2023 = "doi:10.1073/pnas.2214357120"
#: Neither organic nor inorganic: both sides have hydrogen, and lithium is everywhere.
UNCOUNTED = {"C", "H", "Li"}
#: Electrolytes kept with their atoms.
MOST_REMEMBERED = 1024


@descriptor(version=1, source=KIM_2023)
def electrolyte_F_to_C_ratio(cell: Cell) -> float:
    """Return fluorine over carbon atoms."""
    return _ratio(cell, "F", "C")


@descriptor(version=1, source=KIM_2023)
def electrolyte_O_to_C_ratio(cell: Cell) -> float:
    """Return oxygen over carbon atoms."""
    return _ratio(cell, "O", "C")


@descriptor(version=1, source=KIM_2023)
def electrolyte_F_to_O_ratio(cell: Cell) -> float:
    """Return fluorine over oxygen atoms."""
    return _ratio(cell, "F", "O")


@descriptor(version=1, source=KIM_2023)
def electrolyte_inorganic_to_organic_ratio(cell: Cell) -> float:
    """Return all atoms but carbon, hydrogen and lithium over carbon atoms."""
    atoms = _atoms(cell).all
    inorganic = sum(count for element, count in atoms.items() if element not in UNCOUNTED)
    return _over(inorganic, atoms.get("C", 0.0), "C atoms")


@descriptor(version=1, source=KIM_2023)
def electrolyte_F_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is fluorine."""
    return _fraction(cell, "all", "F")


@descriptor(version=1, source=KIM_2023)
def solvent_F_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is fluorine of the solvents."""
    return _fraction(cell, "solvents", "F")


@descriptor(version=1, source=KIM_2023)
def anion_F_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is fluorine of the anions."""
    return _fraction(cell, "salts", "F")


@descriptor(version=1, source=KIM_2023)
def electrolyte_O_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is oxygen."""
    return _fraction(cell, "all", "O")


@descriptor(version=1, source=KIM_2023)
def solvent_O_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is oxygen of the solvents."""
    return _fraction(cell, "solvents", "O")


@descriptor(version=1, source=KIM_2023)
def anion_O_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is oxygen of the anions."""
    return _fraction(cell, "salts", "O")


@descriptor(version=1, source=KIM_2023)
def electrolyte_C_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is carbon."""
    return _fraction(cell, "all", "C")


@descriptor(version=1, source=KIM_2023)
def solvent_C_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is carbon of the solvents."""
    return _fraction(cell, "solvents", "C")


@descriptor(version=1, source=KIM_2023)
def anion_C_fraction(cell: Cell) -> float:
    """Return the fraction of all atoms that is carbon of the anions."""
    return _fraction(cell, "salts", "C")


@dataclass(frozen=True)
class _Atoms:
    """Moles of atoms by element: of the solvents, of the salts, of both."""

    solvents: dict[str, float]
    salts: dict[str, float]
    all: dict[str, float]

    @cached_property
    def n_mol(self) -> float:
        """Return the moles of atoms of all elements."""
        return sum(self.all.values())


def _atoms(cell: Cell) -> _Atoms:
    if cell.recipe.electrolyte is None:
        raise NotMeasured("the recipe states no electrolyte")
    return _atoms_of(cell.recipe.electrolyte)


@once_per_part
@lru_cache(maxsize=MOST_REMEMBERED)
def _atoms_of(electrolyte: Electrolyte) -> _Atoms:
    """Return the atoms of an electrolyte; most cells share theirs with many others."""
    parts = portions(electrolyte)
    return _Atoms(
        solvents=_count(part for part in parts if not part.is_salt),
        salts=_count(part for part in parts if part.is_salt),
        all=_count(parts),
    )


def _count(parts: Iterable[Portion]) -> dict[str, float]:
    atoms: dict[str, float] = defaultdict(float)
    for part in parts:
        for element, count in part.molecule.atoms.items():
            atoms[element] += count * part.amount_mol
    return dict(atoms)


def _ratio(cell: Cell, element: str, over: str) -> float:
    atoms = _atoms(cell).all
    return _over(atoms.get(element, 0.0), atoms.get(over, 0.0), f"{over} atoms")


def _fraction(cell: Cell, of: Literal["all", "solvents", "salts"], element: str) -> float:
    atoms = _atoms(cell)
    counted: dict[str, float] = getattr(atoms, of)
    return _over(counted.get(element, 0.0), atoms.n_mol, "atoms")


def _over(number: float, total: float, what: str) -> float:
    if not total > 0:
        raise NotMeasured(f"the electrolyte has no {what} to divide by")
    return number / total
