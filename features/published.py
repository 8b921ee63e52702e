"""Published figures of coatings on lithium metal, and which of them is nearest to a recipe.

``published_figures.csv`` holds single measured figures with the DOI of their paper, and no
words of any paper. Averages of different papers differ in method, current and window, so the
table serves to look up what is alike, never to learn a Coulombic efficiency from.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.molecules import known_molecules
from features.recipe import CellType, Electrolyte, Phase, Recipe, checked_cell_type
from features.records import Cell
from features.registry import once_per_part
from features.scan import Scan

TABLE = Path(__file__).with_name("published_figures.csv")
#: What a fact that one side does not state counts, where agreeing is 0 and differing is 1.
UNKNOWN = 0.5
#: Numbers this many times apart have nothing in common any more.
UNLIKE_FACTOR = 100.0
_LOG_UNLIKE = math.log(UNLIKE_FACTOR)
#: Of a distance.
DECIMALS = 6
#: Facts kept with their distances; whoever asks for more waits for his.
MOST_REMEMBERED = 4096
#: More values of one number are not asked of what is kept: few of them came before.
FEW = 8
#: Recipes compared with the table in one go: what that takes is bounded.
MOST_AT_ONCE = 128
#: How much each fact weighs: what the film is made of before how it is cycled.
WEIGHTS = {
    "inorganic phase": 3.0,
    "polymer": 2.0,
    "coated": 2.0,
    "cell type": 1.0,
    "electrolyte": 1.0,
    "thickness": 1.0,
    "current density": 1.0,
    "areal capacity": 1.0,
}
SOLVENT_CLASSES = {
    "carbonate": ("EC", "PC", "DMC", "EMC", "DEC", "FEC", "VC"),
    "ether": ("DME", "DOL", "G2", "G3", "G4", "DEE", "THF"),
}
#: One for each fact.
BITS = (1 << np.arange(len(WEIGHTS))).astype(np.uint8)
Facts = dict[str, Any]


@dataclass(frozen=True)
class PublishedFigure:
    """One published cell that is like a recipe.

    Attributes
    ----------
    row_id, citation, coating : str
    distance : float
        0 for the same facts, 1 for nothing in common; a fact unknown counts half.
    ce_fraction, cycle_life_cycles : float or None
        As published.
    ce_scope : str or None
        How the efficiency was taken; that of a full cell is another quantity.
    is_censored : bool or None
        Whether the life is a lower bound.
    differs_in : tuple of str
        Facts that differ, or that one side does not state.
    """

    row_id: str
    citation: str
    coating: str
    distance: float
    ce_fraction: float | None
    ce_scope: str | None
    cycle_life_cycles: float | None
    is_censored: bool | None
    differs_in: tuple[str, ...]


@cache
def published_figures() -> pd.DataFrame:
    """Return the table of published figures; units are in the columns' names."""
    table = pd.read_csv(TABLE)
    # Where the wording leaves it open, a life is at least what is stated.
    life = table["cycle_life_cycles"].notna()
    table["is_censored"] = (table["is_censored"].astype("string") != "false").where(life)
    return table


@dataclass(frozen=True, eq=False)
class NearFigures:
    """The published figures nearest to some recipes, the nearest first.

    Attributes
    ----------
    row : int array of shape (n_recipes, n_nearest)
        Of the published cells with an efficiency or a life.
    distance : float array of shape (n_recipes, n_nearest)
    pattern : uint8 array of shape (n_recipes, n_nearest)
        Facts that differ, a bit of each.
    """

    row: NDArray[np.intp]
    distance: NDArray[np.float64]
    pattern: NDArray[np.uint8]

    def figures(self) -> list[tuple[PublishedFigure, ...]]:
        """Return the figures near each recipe."""
        each = zip(self.row.tolist(), self.distance.tolist(), self.pattern.tolist(), strict=True)
        return [
            tuple(PublishedFigure(**fields_of(*one)) for one in zip(*near, strict=True))
            for near in each
        ]


def fields_of(row: int, distance: object, pattern: int) -> Facts:
    """Return the fields of a ``PublishedFigure`` in their order, the distance as it came."""
    differing = _facts_of_patterns()[pattern]
    return {**_rows().shown[row], "distance": distance, "differs_in": differing}


def nearest_published(recipe: Recipe, n_nearest: int = 3) -> tuple[PublishedFigure, ...]:
    """Return the published figures nearest to a recipe, the nearest first.

    Parameters
    ----------
    recipe : Recipe
    n_nearest : int

    Notes
    -----
    Distances are weighted means over facts (Gower 1971, doi:10.2307/2528823). Only rows
    with an efficiency or a life are asked.
    """
    (found,) = figures_of_each([recipe], n_nearest).figures()
    return found


def figures_of_each(recipes: Sequence[Recipe], n_nearest: int = 3) -> NearFigures:
    """Return the published figures nearest to each of some recipes."""
    facts = [_facts_of_recipe(recipe) for recipe in recipes]
    parts = [facts[start : start + MOST_AT_ONCE] for start in range(0, len(facts), MOST_AT_ONCE)]
    return _joined(
        [_figures_of_some(_unlike_of_each(some), [], len(some), n_nearest) for some in parts]
    )


def figures_of_scan(scan: Scan, n_nearest: int = 3) -> NearFigures:
    """Return what ``figures_of_each`` gives for the recipes of a scan's cells."""
    named, kind = scan.of_kinds(_named, _named)
    unlike = _unlike_of_each(named)
    numbers = [_unlike_numbers_of_scan(scan, name) for name in _NUMBERS]
    found = []
    for start in range(0, len(scan), MOST_AT_ONCE):
        some = slice(start, start + MOST_AT_ONCE)
        of_numbers = [each if len(each) == 1 else each[some] for each in numbers]
        of_named = unlike if len(unlike) == 1 else unlike[kind[some]]
        found.append(_figures_of_some(of_named, of_numbers, len(kind[some]), n_nearest))
    return _joined(found)


def _joined(parts: Sequence[NearFigures]) -> NearFigures:
    if len(parts) == 1:
        return parts[0]
    return NearFigures(
        row=np.concatenate([part.row for part in parts]),
        distance=np.concatenate([part.distance for part in parts]),
        pattern=np.concatenate([part.pattern for part in parts]),
    )


def _unlike_numbers_of_scan(scan: Scan, name: str) -> NDArray[np.float64]:
    """Return how unlike a number of each cell is, or of all of them, (n_cells or 1, n_rows)."""
    column = scan.columns.get(_COLUMNS[name])
    if column is not None:
        return _unlike_numbers_of_each(name, column)
    numbers, kind = scan.of_kinds(
        lambda cell: _NUMBERS[name](cell.recipe), (_unlike_numbers_of_scan, name)
    )
    unlike = _unlike_numbers_of_each(name, numbers)
    return unlike if len(unlike) == 1 else unlike[kind]


def _unlike_of_each(kinds: Sequence[Facts]) -> NDArray[np.float64]:
    """Return how unlike facts are to those of each published cell, (n_kinds, n_facts, n_rows)."""
    unlike = np.concatenate([_unlike(*each) for fact in kinds for each in fact.items()])
    return unlike.reshape(len(kinds), len(kinds[0]), -1)


def _unlike_numbers_of_each(name: str, asked: Sequence[float | None]) -> NDArray[np.float64]:
    """Return how unlike numbers are to those of each published cell, (n_asked, n_rows)."""
    if len(asked) <= FEW:
        return np.array([_unlike(name, number) for number in asked])
    rows = _rows()
    logs, known = (np.array(_logs(some)) for some in (asked, rows.values[name]))
    unlike = np.minimum(1.0, np.abs(logs[:, None] - known) / _LOG_UNLIKE)
    unlike[np.isnan(unlike)] = UNKNOWN
    return np.asarray(unlike[:, rows.value_of_row[name]])


def _logs(numbers: Sequence[float | None]) -> list[float]:
    """Return logarithms as one number alone has them, NaN of what is not stated."""
    return [math.nan if number is None else math.log(number) for number in numbers]


def _figures_of_some(
    unlike: NDArray[np.float64],
    numbers: Sequence[NDArray[np.float64]],
    n_recipes: int,
    n_nearest: int,
) -> NearFigures:
    """Return the nearest figures of some recipes.

    Parameters
    ----------
    unlike : float array of shape (n_recipes or 1, n_facts, n_rows)
        How unlike the first facts are, 1 where they are the same for all recipes.
    numbers : sequence of float arrays of shape (n_recipes or 1, n_rows)
        How unlike the facts are that follow.
    n_recipes, n_nearest : int
    """
    rows, n_first = _rows(), unlike.shape[1]
    # Added up fact after fact, as a plain sum over them is.
    total = np.add.reduce(unlike * rows.weights[:n_first, None], axis=1)
    pattern = np.bitwise_or.reduce((unlike > 0) * BITS[:n_first, None], axis=1)
    for place, each in enumerate(numbers, n_first):
        total = total + each * rows.weights[place]
        pattern = pattern | (each > 0) * BITS[place]
    mean = (total / rows.weights.sum()).round(DECIMALS)
    nearest = mean.argsort(axis=1, kind="stable")[:, :n_nearest]
    # Where all facts are the same, one recipe stands for all.
    recipe = np.zeros(n_recipes, np.intp) if len(mean) < n_recipes else np.arange(n_recipes)
    at = recipe[:, None], nearest[recipe]
    return NearFigures(at[1], mean[at], pattern[at])


@cache
def _facts_of_patterns() -> list[tuple[str, ...]]:
    """Return the facts whose bits are set, by pattern; of eight facts there are 256 patterns."""
    names = list(_rows().values)
    return [
        tuple(name for place, name in enumerate(names) if pattern >> place & 1)
        for pattern in range(1 << len(names))
    ]


def unlikeness(one: Recipe, other: Recipe) -> tuple[float, tuple[str, ...]]:
    """Return how far apart two recipes are by the same facts, and which of these differ.

    Parameters
    ----------
    one, other : Recipe

    Returns
    -------
    float
        0 for the same facts, 1 for nothing in common; a fact unknown counts half.
    tuple of str
        Facts that differ, or that one side does not state.
    """
    distances = _distances(_facts_of_recipe(one), _facts_of_recipe(other))
    return _mean(distances), tuple(name for name, each in distances.items() if each > 0)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Published cells with an efficiency or a life, by ``row_id``.

    ``shown`` holds the fields of ``PublishedFigure``, what a recipe decides left blank. ``values``
    holds what the rows state of each fact, each once, and ``value_of_row`` which of them a row
    states; ``weights`` are in the order of the facts.
    """

    figures: tuple[dict[str, Any], ...]
    shown: tuple[dict[str, Any], ...]
    values: dict[str, list[Any]]
    value_of_row: dict[str, NDArray[np.intp]]
    weights: NDArray[np.float64]


@cache
def _rows() -> _Rows:
    table = published_figures()
    told = table[table["ce_fraction"].notna() | table["cycle_life_cycles"].notna()]
    figures = [
        {str(name): _or_none(value) for name, value in row.items()}
        for row in told.sort_values("row_id", kind="stable").to_dict("records")
    ]
    facts = [_facts_of_row(row) for row in figures]
    columns = {name: [each[name] for each in facts] for name in facts[0]}
    values = {name: list(dict.fromkeys(column)) for name, column in columns.items()}
    return _Rows(
        figures=tuple(figures),
        shown=tuple(map(_shown, figures)),
        values=values,
        value_of_row={
            name: np.array([values[name].index(value) for value in column])
            for name, column in columns.items()
        },
        weights=np.array([WEIGHTS[name] for name in columns]),
    )


@lru_cache(maxsize=MOST_REMEMBERED)
def _unlike(name: str, asked: Any) -> NDArray[np.float64]:
    """Return how unlike a fact is to that of each published cell, (n_rows,)."""
    rows = _rows()
    return np.array(_distances_to(asked, rows.values[name]))[rows.value_of_row[name]]


def row_cell_type(configuration: object) -> CellType | None:
    """Return the cell type of a published configuration, None where it is no known one."""
    if not isinstance(configuration, str):
        return None
    name = re.sub(r"^(Li\|\|NMC).*", r"\1", configuration)
    try:
        return checked_cell_type(name)
    except ValueError:
        return None


def _distances(asked: Facts, known: Facts) -> dict[str, float]:
    return {name: _distance(asked[name], fact) for name, fact in known.items()}


def _mean(distances: dict[str, float]) -> float:
    total = sum(WEIGHTS[name] * distance for name, distance in distances.items())
    return round(total / sum(WEIGHTS.values()), DECIMALS)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a published figure, in their order; a recipe decides the others."""
    censored = row["is_censored"]
    known = {**row, "is_censored": None if censored is None else bool(censored)}
    return {field.name: known.get(field.name) for field in fields(PublishedFigure)}


def _facts_of_recipe(recipe: Recipe) -> Facts:
    facts = _named_facts(recipe)
    for name, number in _NUMBERS.items():
        facts[name] = number(recipe)
    return facts


def _named(cell: Cell) -> Facts:
    return _named_facts(cell.recipe)


def _named_facts(recipe: Recipe) -> Facts:
    """Return the facts that are no numbers."""
    coating = recipe.coating
    made_of = None if coating is None else _made_of(*map(_phase, coating.phases))
    return {
        "coated": None if coating is None else bool(coating.phases),
        "inorganic phase": None if made_of is None else made_of[0],
        "polymer": None if made_of is None else made_of[1],
        "cell type": recipe.cell.type,
        "electrolyte": None
        if recipe.electrolyte is None
        else _electrolyte_class(recipe.electrolyte),
    }


#: The facts that are numbers, last of all.
_NUMBERS: Mapping[str, Callable[[Recipe], float | None]] = {
    "thickness": lambda recipe: recipe.coating.thickness_nm if recipe.coating else None,
    "current density": lambda recipe: recipe.protocol.current_density_mA_cm2,
    "areal capacity": lambda recipe: recipe.protocol.areal_capacity_mAh_cm2,
}
#: Where a scan has them.
_COLUMNS = {
    "thickness": "coating.thickness_nm",
    "current density": "protocol.current_density_mA_cm2",
    "areal capacity": "protocol.areal_capacity_mAh_cm2",
}


def _phase(phase: Phase) -> tuple[bool, str, str]:
    return phase.role == "polymer", phase.name, phase.formula or ""


@lru_cache(maxsize=MOST_REMEMBERED)
def _made_of(*phases: tuple[bool, str, str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the elements of what is no polymer, and the words of what is."""
    inorganic = [f"{name} {formula}" for is_polymer, name, formula in phases if not is_polymer]
    return _elements(*inorganic), _words(*(name for is_polymer, name, _ in phases if is_polymer))


def _facts_of_row(row: dict[str, Any]) -> Facts:
    is_bare = row["kind"] in {"uncoated_baseline", "electrolyte_only"}
    inorganic, polymer = row["inorganic_phase"], row["polymer"]
    return {
        "coated": not is_bare,
        "inorganic phase": _elements(inorganic or ""),
        "polymer": None if polymer is None and not is_bare else _words(polymer or "none"),
        "cell type": row_cell_type(row["configuration"]),
        "electrolyte": row["electrolyte_class"],
        "thickness": row["thickness_nm"],
        "current density": row["current_density_mA_cm2"],
        "areal capacity": row["areal_capacity_mAh_cm2"],
    }


def _distance(one: Any, other: Any) -> float:
    """Return 0 for the same, 1 for nothing in common, one half where a side does not say."""
    if one is None or other is None:
        return UNKNOWN
    if isinstance(one, frozenset):
        return _unlike_sets(one, other)
    if isinstance(one, float | int) and not isinstance(one, bool):
        return _unlike_numbers(one, other)
    return float(one != other)


def _distances_to(asked: Any, known: Sequence[Any]) -> list[float]:
    """Return the distance to each fact; of numbers there are many, and hardly one comes twice."""
    if not isinstance(asked, float):
        return [_distance(asked, fact) for fact in known]
    return [UNKNOWN if fact is None else _unlike_numbers(asked, fact) for fact in known]


def _unlike_sets(one: frozenset[str], other: frozenset[str]) -> float:
    """Return one less the shared members over all members (Jaccard)."""
    return 1 - len(one & other) / len(one | other) if one | other else 0.0


def _unlike_numbers(one: float, other: float) -> float:
    return min(1.0, abs(math.log(one) - math.log(other)) / _LOG_UNLIKE)


@lru_cache(maxsize=MOST_REMEMBERED)
def _elements(*names: str) -> frozenset[str]:
    """Return the elements in names such as ``Cu3N -> Li3N``; words in lower case have none."""
    words = (word for name in names for word in re.findall(r"[A-Z][A-Za-z0-9]*", name))
    formulas = (word for word in words if re.fullmatch(r"(?:[A-Z][a-z]?\d*)+", word))
    return frozenset(atom for word in formulas for atom in re.findall(r"[A-Z][a-z]?", word))


#: Names under which recipes state a polymer -> the words of the table.
POLYMER_WORDS = {"sbr": ("styrene", "butadiene", "rubber"), "pva": ("polyvinyl", "alcohol")}


@lru_cache(maxsize=MOST_REMEMBERED)
def _words(*names: str) -> frozenset[str]:
    """Return the words of polymers' names in lower case; "none" has none."""
    words = {word for name in names for word in re.findall(r"[a-z]+", name.lower())}
    spelt = {each for word in words for each in POLYMER_WORDS.get(word, ())}
    return frozenset((words | spelt) - {"none", *POLYMER_WORDS})


@once_per_part
def _electrolyte_class(electrolyte: Electrolyte) -> str | None:
    """Return carbonate or ether, None for mixtures and what nobody stated."""
    if not electrolyte.solvents:
        return None
    names = [_first_name(solvent.name) for solvent in electrolyte.solvents]
    classes = {
        kind for name in names for kind, members in SOLVENT_CLASSES.items() if name in members
    }
    return classes.pop() if len(classes) == 1 and _all_known(names) else None


def _all_known(names: Sequence[str]) -> bool:
    known = {name for members in SOLVENT_CLASSES.values() for name in members}
    return set(names) <= known


def _first_name(name: str) -> str:
    molecule = known_molecules().get(name)
    return name if molecule is None else molecule.name


def _or_none(value: Any) -> Any:
    """Return a value, None for a blank of the table."""
    return None if pd.isna(value) else value
