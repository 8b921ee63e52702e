"""What the page of one cell asks for, part by part: facts, curves, impedance, sheet, answers."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import numpy as np
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response

from features.doubts import doubts, misfit_reasons, short_reasons
from features.errors import InvalidRecord, NotMeasured
from features.evidence import finished_cycles
from features.recipe import checked_cell_type
from features.records import Cell
from features.registry import catalogue
from features.table import describe
from features.voltammetry import cutoff_warning
from serving import answers
from serving.errors import InvalidRequest, Problem
from serving.pages.cells import electrolyte_in_short, in_short
from serving.pages.charts.predictions import tier_chart
from serving.pages.correction import correct_design
from serving.pages.curves import cycle_columns, profiles
from serving.pages.downloads import Format, table_reply
from serving.pages.forms import Fields, first, number_of, read_form
from serving.pages.impedance import impedance_of
from serving.pages.tables import Row, What, rows_of, table_of, tiers_of
from serving.pages.templating import fragment, number, quantity
from serving.service import Service, service_of
from serving.vagueness import vagueness

router = APIRouter(prefix="/pages/cells/{cell_id}", include_in_schema=False)

#: What a cell without an area is told.
NO_AREA = "the electrode's area is not stated: every value per area stays blank"
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


@router.get("/doubts")
async def doubted(request: Request, cell_id: str) -> Response:
    """Return what to doubt in a cell and what it lacks, as JSON, for whoever has just kept it."""
    service = service_of(request)
    return await service.work.done(partial(_doubted, service, cell_id))


@router.post("/correction")
async def correct(request: Request, cell_id: str) -> Response:
    """Correct the type or the area of a cell, or drop a recording; other data stay as they are."""
    service = service_of(request)
    fields = await read_form(request, service.settings)
    actor = service.actor(request)
    return await to_thread.run_sync(partial(_corrected, service, cell_id, fields, actor))


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
        misfits=misfit_reasons(cell),
        doubts=[each for each in _further(cell) if not each.startswith("soft short suspected")],
        cutoff=cutoff_warning(entry.recipe),
        control=control,
        outcome=entry.outcome,
    )


def _tiles(cell: Cell) -> list[tuple[str, str]]:
    """Return the few numbers that one looks for first, those that there are."""
    n_finished = finished_cycles(cell)
    found = [("finished cycle" if n_finished == 1 else "finished cycles", number(n_finished, 9))]
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


def _doubted(service: Service, cell_id: str) -> Response:
    cell = service.cells.get(cell_id)
    lacks = [] if cell.area_cm2 is not None else [NO_AREA]
    found = {"doubts": [*misfit_reasons(cell), *lacks, *_further(cell)]}
    return Response(json.dumps(found), media_type="application/json")


def _further(cell: Cell) -> list[str]:
    """Return the doubts that are none of what was stated."""
    misfits = misfit_reasons(cell)
    return [each for each in doubts(cell) if each not in misfits]


def _corrected(service: Service, cell_id: str, fields: Fields, actor: str) -> Response:
    """Enter a version with another type or area, or less data; what a form leaves empty stays."""
    try:
        cell_type = checked_cell_type(first(fields, "cell_type") or None)
    except InvalidRecord as error:
        raise InvalidRequest([Problem("cell_type", str(error))]) from None
    area_cm2 = number_of(fields, "area_cm2", float("nan"))
    dropped = [each for each in fields.get("drop", ()) if each]
    done = "dropped" if dropped else "corrected"
    reason = first(fields, "reason") or f"{done} on its page"
    if not 3 <= len(reason) <= 500:
        raise InvalidRequest([Problem("reason", "takes 3 to 500 letters")])
    kept, was_changed = correct_design(
        service.cells,
        cell_id,
        cell_type,
        None if np.isnan(area_cm2) else area_cm2,
        dropped=dropped,
        reason=reason,
        actor=actor,
    )
    reply = fragment("corrected.html", entry=kept, was_changed=was_changed)
    reply.headers["HX-Trigger"] = "refresh"
    return reply


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
    (reply,) = answers.predictions_of([cell], champions).cells
    targets = []
    for best in reply.predictions:
        tiers = tiers_of(champions, cell, best)
        answered = [
            (f"{each.evidence}, {each.learnt_from}", each.answer)
            for each in tiers
            if each.answer is not None
        ]
        learnt_from = champions.named(best.model.name).predictor.cells
        drawn = tier_chart(answered, learnt_from)
        targets.append((best, vagueness(best, learnt_from), drawn, tiers))
    return fragment("tiers.html", targets=targets)


def _download(service: Service, cell_id: str, what: What, format: Format) -> Response:
    cell = service.cells.get(cell_id)
    return table_reply(table_of(cell, what, service.champions), f"{cell_id}_{what}", format)
