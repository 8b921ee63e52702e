"""What was made and how it is tested: the facts a lab knows before the first cycle.

Every field may be null, which means "not reported"; nothing has a default. A coating
without phases is a bare control, a coating of null is a coating nobody described.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Literal, get_args

from features.errors import InvalidRecord
from features.formula import parse_formula

AmountUnit = Literal[
    "mol_per_L",
    "mol_per_kg",
    "volume_parts",
    "weight_parts",
    "mole_parts",
    "volume_fraction",
    "weight_fraction",
]
CellType = Literal[
    "Li||Cu",
    "Li||Li",
    "Li||LTO",
    "Li||LFP",
    "Li||NMC",
    "anode-free",
    "graphite||LFP",
    "graphite||LCO",
]
CEMethod = Literal["cycle_average", "aurbach", "inferred_full_cell"]
PhaseRole = Literal["inorganic", "polymer", "additive"]

#: field -> (lowest, highest) a lab can mean, both included. Outside it the unit is wrong.
#: Ranges after the recipe schema of the field notes: coin cells to small pouches.
RANGES = {
    "weight_fraction": (0.0, 1.0),
    "thickness_nm": (0.1, 100_000.0),
    "youngs_modulus_GPa": (1e-5, 1000.0),
    "ionic_conductivity_S_cm": (1e-16, 1.0),
    "density_g_mL": (0.1, 10.0),
    "volume_uL": (0.1, 1e5),
    "lithium_capacity_mAh_cm2": (0.0, 500.0),
    "positive_capacity_mAh_cm2": (0.0, 50.0),
    "current_density_mA_cm2": (1e-3, 100.0),
    "areal_capacity_mAh_cm2": (1e-3, 50.0),
    "upper_cutoff_V": (-1.0, 6.0),
    "lower_cutoff_V": (-6.0, 5.0),
    "temperature_degC": (-80.0, 150.0),
    "amount": (0.0, 1000.0),
}


def checked_cell_type(name: str | None) -> CellType | None:
    """Return the name as a cell type, or raise InvalidRecord with the list of them."""
    known: tuple[CellType, ...] = get_args(CellType)
    for each in known:
        if name == each:
            return each
    if name is None:
        return None
    raise InvalidRecord(f"No cell type is called '{name}'; there are {', '.join(known)}.")


def check_ranges(record: Any) -> None:
    """Raise InvalidRecord if a number of a dataclass leaves its range."""
    for name, low, high in _ranges_of(record.__class__):
        value = getattr(record, name)
        if value is not None and not low <= value <= high:  # NaN lies nowhere
            raise InvalidRecord(
                f"{type(record).__name__}.{name} is {value:g}; allowed is {low:g} to "
                f"{high:g}. The unit is part of the name: check it, or leave the field out."
            )


@lru_cache
def _ranges_of(kind: type[Any]) -> tuple[tuple[str, float, float], ...]:
    """Return the numbers of a kind of record, each with its lowest and its highest."""
    names = [field.name for field in fields(kind)]
    return tuple((name, *RANGES[name]) for name in names if name in RANGES)


@dataclass(frozen=True)
class Phase:
    """One constituent of a coating, such as Cu3N or styrene-butadiene rubber."""

    name: str
    weight_fraction: float
    role: PhaseRole | None = None
    formula: str | None = None

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class Coating:
    """An artificial SEI layer; no phases at all means a bare control."""

    phases: tuple[Phase, ...]
    thickness_nm: float | None = None
    process: str | None = None
    solvent: str | None = None
    youngs_modulus_GPa: float | None = None
    ionic_conductivity_S_cm: float | None = None

    def __post_init__(self) -> None:
        check_ranges(self)
        total = sum(phase.weight_fraction for phase in self.phases)
        if self.phases and round(abs(total - 1), 9) > 0.01:
            raise InvalidRecord(
                f"Coating.phases: weight fractions add up to {total:.3f}; they must add up to 1 "
                f"(within 0.01). Send fractions, not percent."
            )

    @property
    def is_bare(self) -> bool:
        """Tell whether this is an uncoated control."""
        return not self.phases

    def fraction_of(self, role: PhaseRole) -> float:
        """Return the weight fraction of all phases of a role."""
        return sum(phase.weight_fraction for phase in self.phases if phase.role == role)


@dataclass(frozen=True)
class Component:
    """A salt, solvent or additive with its amount.

    ``formula`` (such as ``C3H4O3``) and ``density_g_mL`` are needed only for molecules
    that ``features.molecules`` does not know.
    """

    name: str
    amount: float
    unit: AmountUnit
    formula: str | None = None
    density_g_mL: float | None = None

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.formula is not None:
            parse_formula(self.formula)
        if self.unit.endswith("fraction") and self.amount > 1:
            raise InvalidRecord(
                f"Component '{self.name}': {self.unit} is {self.amount:g}; allowed is 0 to 1. "
                f"Send a fraction, not percent."
            )


@dataclass(frozen=True)
class Electrolyte:
    """A liquid electrolyte: salts, solvents, additives.

    Salts and additives may be stated in mol_per_L, or mol_per_kg of solvent; fractions
    are of the volume or weight of the solvents together.
    """

    salts: tuple[Component, ...] = ()
    solvents: tuple[Component, ...] = ()
    additives: tuple[Component, ...] = ()
    volume_uL: float | None = None

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class CellDesign:
    """What faces what, and how much lithium there is."""

    type: CellType
    substrate: str | None = None
    lithium_capacity_mAh_cm2: float | None = None
    positive_capacity_mAh_cm2: float | None = None

    def __post_init__(self) -> None:
        checked_cell_type(self.type)
        check_ranges(self)


@dataclass(frozen=True)
class Protocol:
    """How the cell is cycled and how its Coulombic efficiency is measured."""

    current_density_mA_cm2: float | None = None
    areal_capacity_mAh_cm2: float | None = None
    upper_cutoff_V: float | None = None
    lower_cutoff_V: float | None = None
    temperature_degC: float | None = None
    ce_method: CEMethod | None = None
    charging: str | None = None

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class Recipe:
    """Coating, electrolyte, cell and protocol; the unit by which data are split."""

    cell: CellDesign
    coating: Coating | None = None
    electrolyte: Electrolyte | None = None
    protocol: Protocol = Protocol()

    @property
    def recipe_id(self) -> str:
        """Return a hash of the whole recipe: replicates share it."""
        # 1 and 1.0, 0.0 and -0.0 are equal, so their hashes must be.
        plain = json.loads(
            json.dumps(asdict(self)), parse_int=float, parse_float=lambda text: float(text) + 0.0
        )
        canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def recipe_from_dict(data: dict[str, Any]) -> Recipe:
    """Return the recipe that ``dataclasses.asdict`` turned into ``data``."""
    return Recipe(
        cell=CellDesign(**data["cell"]),
        coating=_coating_from_dict(data.get("coating")),
        electrolyte=_electrolyte_from_dict(data.get("electrolyte")),
        protocol=Protocol(**(data.get("protocol") or {})),
    )


def _coating_from_dict(data: dict[str, Any] | None) -> Coating | None:
    if data is None:
        return None
    return Coating(**{**data, "phases": tuple(Phase(**phase) for phase in data["phases"])})


def _electrolyte_from_dict(data: dict[str, Any] | None) -> Electrolyte | None:
    if data is None:
        return None
    kinds = ("salts", "solvents", "additives")
    components = {kind: tuple(Component(**part) for part in data.get(kind) or ()) for kind in kinds}
    return Electrolyte(**{**data, **components})
