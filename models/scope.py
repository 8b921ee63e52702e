"""The chemistry and the conditions of the training cells: what no descriptor's range can tell.

Thirteen ratios of elements, or ten numbers of a film, are usual for many a material that nobody
has tried. Names are compared as well, and how cells were tested.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from features.errors import NotMeasured
from features.molecules import find_molecule
from features.recipe import Component, Electrolyte, Phase
from features.records import Cell
from features.registry import once_per_part

#: Tests that state no temperature are taken for tests at room temperature, wide as it is.
ROOM_degC = (15.0, 35.0)
#: Own: so far beyond those of the training a temperature or a cutoff is another condition.
SLACK_degC, SLACK_V = 5.0, 0.05
#: Other names of what is in many a film.
SYNONYMS = {
    "styrenebutadienerubber": "sbr",
    "polyethyleneoxide": "peo",
    "polyvinylidenefluoridehexafluoropropylene": "pvdfhfp",
    "poly(vinylidenefluoridecohexafluoropropylene)": "pvdfhfp",
    "lithiumfluoride": "lif",
    "lithiumnitride": "li3n",
    "lithiumphosphate": "li3po4",
    "copper(i)nitride": "cu3n",
    "coppernitride": "cu3n",
    "alumina": "al2o3",
    "aluminiumoxide": "al2o3",
    "aluminumoxide": "al2o3",
}
#: Share of strangers from which on a film or a solvent is a stranger's.
STRANGE_FRACTION = 0.5


@dataclass(frozen=True)
class Scope:
    """What the training cells were made of, and how they were tested.

    Attributes
    ----------
    salts, solvents, phases : tuple of str
        Names without case, spaces and hyphens; empty where no training cell states any. What
        is an additive to one is a salt to another: additives count among the salts.
    ce_methods : tuple of str
        How CE was measured; empty where that does not matter.
    states_electrolyte, states_coating : bool
        Whether every training cell does; bare is a statement.
    lowest_degC, highest_degC : float
        Stated temperatures; NaN if there are none.
    lowest_V, highest_V : float
        Cutoffs of full cells; NaN if there are none.
    origins : tuple of str
        Papers and laboratories that the cells come from; empty where whole ones were held out,
        or where a cell does not say: then another one is no news.
    """

    salts: tuple[str, ...] = ()
    solvents: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    ce_methods: tuple[str, ...] = ()
    states_electrolyte: bool = False
    states_coating: bool = False
    lowest_degC: float = np.nan
    highest_degC: float = np.nan
    lowest_V: float = np.nan
    highest_V: float = np.nan
    origins: tuple[str, ...] = ()

    def reasons(self, cell: Cell) -> list[str]:
        """Return a sentence for each way in which a cell is a stranger to the training cells."""
        return [
            *self._electrolyte_reasons(cell),
            *self._coating_reasons(cell),
            *self._method_reasons(cell),
            *self._temperature_reasons(cell),
            *self._cutoff_reasons(cell),
            *self._origin_reasons(cell),
        ]

    @cached_property
    def _salts(self) -> frozenset[str]:
        return frozenset(self.salts)

    @cached_property
    def _solvents(self) -> frozenset[str]:
        return frozenset(self.solvents)

    @cached_property
    def _phases(self) -> frozenset[str]:
        return frozenset(self.phases)

    def _electrolyte_reasons(self, cell: Cell) -> list[str]:
        electrolyte = cell.recipe.electrolyte
        if electrolyte is None:
            is_missed = self.states_electrolyte
            return ["no electrolyte is stated; every training cell states one"] * is_missed
        salts, solvents = _known_names(electrolyte)
        if salts <= self._salts and solvents <= self._solvents:
            return []
        strange = {
            # Any salt shapes the interphase; of solvents most may be known.
            "salt": _strangers(electrolyte.salts, self.salts, least=0.0),
            "solvent": _strangers(electrolyte.solvents, self.solvents, least=STRANGE_FRACTION),
        }
        return [
            f"no training cell has the {what} {', '.join(names)}"
            for what, names in strange.items()
            if names
        ]

    def _coating_reasons(self, cell: Cell) -> list[str]:
        coating = cell.recipe.coating
        if coating is None:
            is_missed = self.states_coating
            return ["no coating is stated, nor that there is none"] * is_missed
        if not self.phases:
            return []
        strange = [phase for phase in coating.phases if not _names_of(phase) & self._phases]
        if sum(phase.weight_fraction for phase in strange) < STRANGE_FRACTION:
            return []
        names = ", ".join(phase.name for phase in strange)
        return [f"no training cell has a coating with {names}"]

    def _method_reasons(self, cell: Cell) -> list[str]:
        method = cell.recipe.protocol.ce_method
        if not self.ce_methods or method in self.ce_methods:
            return []
        stated = "it is not stated how CE is measured" if method is None else f"CE is by {method}"
        return [f"{stated}; in training cells by {', '.join(self.ce_methods)}"]

    def _temperature_reasons(self, cell: Cell) -> list[str]:
        stated = cell.recipe.protocol.temperature_degC
        if stated is None:
            return []
        low, high = ROOM_degC
        if states_any := not math.isnan(self.lowest_degC):
            low, high = self.lowest_degC - SLACK_degC, self.highest_degC + SLACK_degC
        if low <= stated <= high:
            return []
        known = "state none, as tests at room temperature do"
        if states_any:
            known = f"were tested at {self.lowest_degC:g} to {self.highest_degC:g}"
        return [f"the test is at {stated:g} degC; training cells {known}"]

    def _cutoff_reasons(self, cell: Cell) -> list[str]:
        if not cell.is_full_cell or math.isnan(self.lowest_V):
            return []
        low, high = self.lowest_V - SLACK_V, self.highest_V + SLACK_V
        return [
            f"a cutoff is {stated:g} V; training cells were cycled between {self.lowest_V:g} "
            f"and {self.highest_V:g} V"
            for stated in _cutoffs(cell)
            if not low <= stated <= high
        ]

    def _origin_reasons(self, cell: Cell) -> list[str]:
        if not self.origins or _origin(cell) in self.origins:
            return []
        return [
            f"the cell is not known to be from {', '.join(self.origins)}, as all training cells "
            "are: what another laboratory changes was never seen"
        ]


NO_SCOPE = Scope()


def learn_scope(cells: Sequence[Cell], *, has_method: bool, spans_origins: bool) -> Scope:
    """Return the scope of training cells.

    Parameters
    ----------
    cells : sequence of Cell
    has_method : bool
        Whether what is learnt depends on how CE is measured.
    spans_origins : bool
        Whether papers or laboratories were held out whole, so that intervals are for new ones.
    """
    electrolytes = [cell.recipe.electrolyte for cell in cells]
    stated = [each for each in electrolytes if each is not None]
    coatings = [cell.recipe.coating for cell in cells]
    phases = [phase for each in coatings if each is not None for phase in each.phases]
    methods = {cell.recipe.protocol.ce_method for cell in cells} if has_method else set()
    temperatures = [cell.recipe.protocol.temperature_degC for cell in cells]
    lowest_degC, highest_degC = _ends(each for each in temperatures if each is not None)
    full = [cell for cell in cells if cell.is_full_cell]
    lowest_V, highest_V = _ends(cutoff for cell in full for cutoff in _cutoffs(cell))
    return Scope(
        salts=_sorted(
            _known_as(part) for each in stated for part in (*each.salts, *each.additives)
        ),
        solvents=_sorted(_known_as(part) for each in stated for part in each.solvents),
        phases=_sorted(name for phase in phases for name in _names_of(phase)),
        ce_methods=_sorted(each for each in methods if each is not None),
        states_electrolyte=len(stated) == len(cells),
        states_coating=all(each is not None for each in coatings),
        lowest_degC=lowest_degC,
        highest_degC=highest_degC,
        lowest_V=lowest_V,
        highest_V=highest_V,
        origins=() if spans_origins else _origins(cells),
    )


def _strangers(
    components: Sequence[Component], known: tuple[str, ...], *, least: float
) -> list[str]:
    """Return names that no training cell has, if they make up so much of the whole."""
    strange = [part for part in components if _known_as(part) not in known]
    share = sum(part.amount for part in strange)
    is_little = share < least * sum(part.amount for part in components)
    return [] if is_little or not known else [part.name for part in strange]


@once_per_part
def _known_names(electrolyte: Electrolyte) -> tuple[frozenset[str], frozenset[str]]:
    """Return the salts and the solvents of an electrolyte, one name for all spellings."""
    return (
        frozenset(map(_known_as, electrolyte.salts)),
        frozenset(map(_known_as, electrolyte.solvents)),
    )


def _known_as(component: Component) -> str:
    """Return one name for all spellings of a molecule."""
    try:
        return _key(find_molecule(component).name)
    except NotMeasured:
        return _key(component.name)


def _names_of(phase: Phase) -> frozenset[str]:
    return _names(phase.name, phase.formula)


@lru_cache(maxsize=4096)
def _names(*stated: str | None) -> frozenset[str]:
    keys = {_key(name) for name in stated if name is not None}
    return frozenset(SYNONYMS.get(key, key) for key in keys)


def _cutoffs(cell: Cell) -> list[float]:
    protocol = cell.recipe.protocol
    cutoffs = (protocol.lower_cutoff_V, protocol.upper_cutoff_V)
    return [each for each in cutoffs if each is not None]


def _origins(cells: Sequence[Cell]) -> tuple[str, ...]:
    found = {_origin(cell) for cell in cells}
    return _sorted(each for each in found if each) if None not in found else ()


def _origin(cell: Cell) -> str | None:
    """Return the paper or laboratory that a cell comes from; what is simulated has none."""
    source = cell.source
    return None if source.kind == "simulated" else source.doi or source.lab


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return (min(found), max(found)) if found else (np.nan, np.nan)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    """Return a name without what people spell differently: case, spaces and hyphens."""
    return "".join(name.casefold().split()).replace("-", "")
