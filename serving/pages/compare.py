"""A coating against its uncoated control: replicates, and published pairs beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from features.doubts import short_reasons
from features.evidence import finished_cycles
from features.published import published_figures
from features.table import describe
from serving.pages.cells import in_short
from serving.pages.charts.comparison import Point, comparison_chart
from serving.pages.templating import fragment
from serving.service import Service, service_of
from store.cells import CellStore
from store.entries import CellFilter, StoredCell

router = APIRouter(prefix="/pages", include_in_schema=False)

#: Looked through for pairs, and drawn of each side.
MOST_LISTED, MOST_REPLICATES = 2000, 200
#: Cells without an entered outcome are read for it; each costs some milliseconds.
MOST_READ = 24
#: Facts in which a published control and its coating agree.
SAME = ("source_id", "configuration", "electrolyte_class", "current_density_mA_cm2")
TARGETS = {
    "ce": ("Coulombic efficiency", "fraction", "lce"),
    "life": ("Cycle life", "cycles", "log10"),
}


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes
    ----------
    name : str
    points : sequence of Point
    """

    name: str
    points: Sequence[Point]

    @property
    def median(self) -> float | None:
        """Return the median of the healthy cells, None where there is none."""
        values = [point.value for point in self.points if not point.is_suspect]
        return float(np.median(values)) if values else None


@dataclass(frozen=True)
class Compared:
    """Coated cells beside their controls, by one outcome.

    Attributes
    ----------
    title, unit : str
    sides : (Side, Side)
        Control, then coated.
    verdict : str
        What the coating did, in words.
    pairs : list of (Point, Point)
        Published controls and coatings.
    scale : str
        On which the outcome is drawn.
    """

    title: str
    unit: str
    sides: tuple[Side, Side]
    verdict: str
    pairs: list[tuple[Point, Point]]
    scale: str


@dataclass(frozen=True)
class Comparison:
    """A coating against its uncoated control.

    Attributes
    ----------
    asked : StoredCell
    n_coated, n_controls : int
        Replicates of either side.
    outcomes : list of Compared
        Those that are known of any cell.
    """

    asked: StoredCell
    n_coated: int
    n_controls: int
    outcomes: list[Compared]


@router.get("/compare")
async def compare(request: Request, cell: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Hold a coating against its control; without a cell, list what can be compared."""
    service = service_of(request)
    make = partial(_compared, service, cell) if cell else partial(_listed, service)
    return await service.work.done(make)


def _listed(service: Service) -> Response:
    coated: dict[str, list[StoredCell]] = {}
    for each in islice(service.cells.each(CellFilter(is_bare=False)), MOST_LISTED):
        if each.control_id is not None:
            coated.setdefault(each.recipe.recipe_id, []).append(each)
    rows = [
        (
            found[0],
            in_short(found[0].recipe),
            len(found),
            sorted({c.control_id or "" for c in found}),
        )
        for found in coated.values()
    ]
    return fragment("compare_list.html", rows=rows, n_cells=service.cells.count())


def _compared(service: Service, cell_id: str) -> Response:
    found = comparison_of(service.cells, cell_id)
    shown = [
        (each, comparison_chart(each.title, each.unit, each.scale, _points_of(each), each.pairs))
        for each in found.outcomes
    ]
    recipe = in_short(found.asked.recipe)
    return fragment("comparison.html", found=found, recipe=recipe, shown=shown)


def _points_of(compared: Compared) -> list[Sequence[Point]]:
    return [side.points for side in compared.sides]


def comparison_of(store: CellStore, cell_id: str) -> Comparison:
    """Return a kept cell with its replicates beside their controls."""
    asked = store.entry(cell_id)
    coated = _replicates(store, asked)
    controls = _controls(store, coated)
    n_read = [0]
    outcomes = []
    for target, (title, unit, scale) in TARGETS.items():
        sides = (
            Side("control", _points(store, controls, target, n_read)),
            Side("coated", _points(store, coated, target, n_read)),
        )
        pairs = _published_pairs(asked.recipe.cell.type, target)
        if any(side.points for side in sides) or pairs:
            verdict = _verdict(sides, scale)
            outcomes.append(Compared(title, unit, sides, verdict, pairs, scale))
    return Comparison(asked, len(coated), len(controls), outcomes)


def _replicates(store: CellStore, entry: StoredCell) -> list[StoredCell]:
    """Return the cells of an entry's recipe, itself among them."""
    wanted = CellFilter(recipe_id=entry.recipe.recipe_id)
    return list(islice(store.each(wanted), MOST_REPLICATES))


def _controls(store: CellStore, coated: Sequence[StoredCell]) -> list[StoredCell]:
    """Return the controls that cells name, and the replicates of these."""
    named = dict.fromkeys(each.control_id for each in coated if each.control_id is not None)
    found: dict[str, StoredCell] = {}
    recipes = set()
    for control_id in named:
        entry = store.entry(control_id)
        if entry.recipe.recipe_id not in recipes:
            recipes.add(entry.recipe.recipe_id)
            found |= {each.cell_id: each for each in _replicates(store, entry)}
    return list(found.values())[:MOST_REPLICATES]


def _points(
    store: CellStore, entries: Sequence[StoredCell], target: str, n_read: list[int]
) -> list[Point]:
    """Return what is known of each cell: as entered, else as its record tells so far."""
    points = []
    for entry in entries:
        point = _entered(entry, target)
        if point is None and entry.n_rows and n_read[0] < MOST_READ:
            n_read[0] += 1
            point = _measured(store, entry, target)
        if point is not None:
            points.append(point)
    return points


def _entered(entry: StoredCell, target: str) -> Point | None:
    outcome = entry.outcome
    if outcome is None:
        return None
    value = outcome.ce_fraction if target == "ce" else outcome.cycle_life_cycles
    if value is None:
        return None
    is_short = outcome.end_of_life_event in {"soft_short", "hard_short"}
    is_bound = target == "life" and bool(outcome.is_censored)
    return Point(entry.cell_id, value, is_bound, is_short)


def _measured(store: CellStore, entry: StoredCell, target: str) -> Point | None:
    cell = store.get(entry.cell_id)
    is_short = bool(short_reasons(cell))
    if target == "life":  # it may live on
        n_cycles = finished_cycles(cell)
        return Point(entry.cell_id, float(n_cycles), True, is_short) if n_cycles else None
    (value,) = describe([cell], ["ce_mean_fraction"]).values["ce_mean_fraction"].to_list()
    return Point(entry.cell_id, value, False, is_short) if np.isfinite(value) else None


def _verdict(sides: Sequence[Side], scale: str) -> str:
    """Return in words what the coating did, as far as the replicates tell."""
    before, after = (side.median for side in sides)
    if before is None or after is None:
        return "One side has no healthy cell with a known outcome; nothing can be said."
    if scale == "lce":
        ratio = (1 - after) / max(1 - before, 1e-9)
        words = f"what is lost per cycle is {ratio:.2f} of the control's"
    else:
        words = f"it lives {after / before:.2f} times as long"
    n_better, n_pairs = _won(sides[0].points, sides[1].points)
    told = f"; better in {n_better} of {n_pairs} pairs of cells" if n_pairs else ""
    return f"By the medians {words}{told}."


def _won(controls: Sequence[Point], coated: Sequence[Point]) -> tuple[int, int]:
    """Return in how many pairs the coated cell is better, of those that can be decided."""
    won = decided = 0
    for one, other in product(controls, coated):
        # A control that was stopped alive may have outlived any coated cell.
        if one.is_suspect or other.is_suspect or (one.is_bound and other.value >= one.value):
            continue
        if other.is_bound and other.value <= one.value:
            continue
        decided += 1
        won += other.value > one.value
    return won, decided


def _published_pairs(cell_type: str, target: str) -> list[tuple[Point, Point]]:
    """Return published controls and coatings of one paper, type and current."""
    table = published_figures()
    name = "ce_fraction" if target == "ce" else "cycle_life_cycles"
    told = table[(table["configuration"] == cell_type) & table[name].notna()].astype(object)
    told = told.where(told.notna(), "")
    bare = {tuple(row[key] for key in SAME): row for row in
            told[told["kind"] == "uncoated_baseline"].to_dict("records")}  # fmt: skip
    pairs = []
    for row in told[told["kind"] == "coating"].to_dict("records"):
        control = bare.get(tuple(row[key] for key in SAME))
        if control is not None:
            one, other = (
                Point(f"{each['coating']} ({each['citation'].removeprefix('doi:')})",
                      float(each[name]), target == "life" and each["is_censored"] is True)
                for each in (control, row)
            )  # fmt: skip
            pairs.append((one, other))
    return pairs
