"""What the page of one cell asks for, part by part: facts, curves, impedance, sheet, answers."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from features.doubts import doubts, short_reasons
from features.errors import NotMeasured
from features.evidence import finished_cycles
from features.records import Cell
from features.registry import catalogue
from features.table import describe
from features.voltammetry import cutoff_warning
from serving import answers
from serving.pages.cells import electrolyte_in_short, in_short
from serving.pages.charts.predictions import tier_chart
from serving.pages.curves import cycle_columns, profiles
from serving.pages.downloads import Format, table_reply
from serving.pages.impedance import impedance_of
from serving.pages.tables import LEVEL, Row, What, rows_of, table_of, tiers_of
from serving.pages.templating import fragment, number, quantity
from serving.service import Service, service_of

router = APIRouter(prefix="/pages/cells/{cell_id}", include_in_schema=False)

#: Descriptors of the tiles: name -> words.
TILES = {
    "ce_mean_fraction": "mean CE",
    "initial_ce_fraction": "first CE",
    "hysteresis_mV": "hysteresis",
    "nucleation_overpotential_mV": "nucleation overpotential",
    "interface_resistance_ohm_cm2": "interface resistance",
}


@router.get("/facts")
async def facts(request: Request, cell_id: str) -> Response:
    """Show what was made, what was measured, and what to doubt."""
    service = service_of(request)
    return await service.work.done(partial(_facts, service, cell_id))


@router.get("/curves")
async def curves(request: Request, cell_id: str) -> Response:
    """Return what the charts of cycling draw, as JSON."""
    service = service_of(request)
    return await service.work.done(partial(_curves, service, cell_id))


@router.get("/impedance")
async def impedance(request: Request, cell_id: str) -> Response:
    """Show the spectra with their fits."""
    service = service_of(request)
    return await service.work.done(partial(_impedance, service, cell_id))


@router.get("/sheet")
async def sheet(request: Request, cell_id: str) -> Response:
    """Show all descriptors, each blank with its reason."""
    service = service_of(request)
    return await service.work.done(partial(_sheet, service, cell_id))


@router.get("/answers")
async def predicted(request: Request, cell_id: str) -> Response:
    """Show what each tier that the cell has reached says of it."""
    service = service_of(request)
    return await service.work.done(partial(_tiers, service, cell_id))


@router.get("/download")
async def download(
    request: Request,
    cell_id: str,
    what: What = "sheet",
    format: Annotated[Format, Query()] = "csv",
) -> Response:
    """Download the sheet, the table of cycles, the raw cycling, or the answers of all tiers."""
    service = service_of(request)
    return await service.work.done(partial(_download, service, cell_id, what, format))


def _facts(service: Service, cell_id: str) -> Response:
    entry, cell = service.cells.entry(cell_id), service.cells.get(cell_id)
    control = entry.control_id
    return fragment(
        "cell_facts.html",
        entry=entry,
        recipe=in_short(entry.recipe),
        electrolyte=electrolyte_in_short(entry.recipe),
        tiles=_tiles(cell),
        shorts=short_reasons(cell),
        doubts=[each for each in doubts(cell) if not each.startswith("soft short suspected")],
        cutoff=cutoff_warning(entry.recipe),
        control=control,
        outcome=entry.outcome,
    )


def _tiles(cell: Cell) -> list[tuple[str, str]]:
    """Return the few numbers that one looks for first, those that there are."""
    n_finished = finished_cycles(cell)
    found = [("finished cycle" if n_finished == 1 else "finished cycles", number(n_finished))]
    known = catalogue()
    names = [name for name in TILES if name in known]
    values = describe([cell], names).values.iloc[0]
    found += [
        (TILES[name], quantity(float(values[name]), known[name].unit))
        for name in names
        if np.isfinite(values[name])
    ]
    if cell.spectra:
        words = "spectrum" if len(cell.spectra) == 1 else "spectra"
        found.append((words, number(len(cell.spectra))))
    return found


def _curves(service: Service, cell_id: str) -> Response:
    cell = service.cells.get(cell_id)
    found: dict[str, Any] = {"profiles": None, "cycles": None, "why": []}
    for name, make in (("profiles", profiles), ("cycles", cycle_columns)):
        try:
            found[name] = make(cell)
        except NotMeasured as reason:
            found["why"].append(str(reason))
    found["why"] = list(dict.fromkeys(found["why"]))
    return Response(json.dumps(found, allow_nan=False), media_type="application/json")


def _impedance(service: Service, cell_id: str) -> Response:
    cell = service.cells.get(cell_id)
    if not cell.spectra:
        return fragment("impedance.html", found=None)
    return fragment("impedance.html", found=impedance_of(cell))


@dataclass(frozen=True)
class Part:
    """The rows of one phenomenon: those measured, and the blank ones by their reason."""

    measured: list[Row]
    blank: dict[str, list[Row]]


def _sheet(service: Service, cell_id: str) -> Response:
    parts: dict[str, Part] = {}
    rows = rows_of(service.cells.get(cell_id))
    for row, name in rows:
        part = parts.setdefault(name, Part([], {}))
        (part.blank.setdefault(row.reason, []) if row.reason else part.measured).append(row)
    n_measured = sum(len(part.measured) for part in parts.values())
    return fragment("sheet.html", parts=parts, n_measured=n_measured, n_rows=len(rows))


def _tiers(service: Service, cell_id: str) -> Response:
    cell = service.cells.get(cell_id)
    champions = service.champions
    (reply,) = answers.predictions_of([cell], champions, level=LEVEL, model=None).cells
    targets = []
    for best in reply.predictions:
        tiers = tiers_of(champions, cell, best.target)
        reached = [(each.evidence, each.answer) for each in tiers if each.answer is not None]
        learnt_from = champions.named(best.model.name).predictor.cells
        drawn = tier_chart(reached or [(best.tier.replace("_", " "), best)], learnt_from)
        targets.append((best, drawn, tiers))
    return fragment("tiers.html", targets=targets)


def _download(service: Service, cell_id: str, what: What, format: Format) -> Response:
    cell = service.cells.get(cell_id)
    return table_reply(table_of(cell, what, service.champions), f"{cell_id}_{what}", format)
