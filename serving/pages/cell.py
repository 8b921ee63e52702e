"""What the page of one cell asks for, part by part: facts, curves, impedance, sheet, answers."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query, Request, Response

from features.cycles import cycles
from features.doubts import doubts, short_reasons
from features.errors import NotMeasured, SeicastError
from features.evidence import finished_cycles
from features.records import Cell
from features.registry import catalogue
from features.table import describe
from features.voltammetry import cutoff_warning
from models.domain import scope_reasons
from models.shelf import Champion
from serving import answers
from serving.choice import evidence_of
from serving.pages.cells import electrolyte_in_short, in_short
from serving.pages.charts.predictions import tier_chart
from serving.pages.curves import cycle_columns, profiles
from serving.pages.downloads import table_reply
from serving.pages.impedance import impedance_of
from serving.pages.templating import fragment, number, quantity
from serving.replies import PredictionOut
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
LEVEL = 0.9


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
    what: Literal["sheet", "cycles", "cycling"] = "sheet",
    format: Annotated[Literal["csv", "parquet", "json"], Query()] = "csv",
) -> Response:
    """Download the sheet, the table of cycles or the raw cycling."""
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
    found = [("finished cycles", number(finished_cycles(cell)))]
    known = catalogue()
    names = [name for name in TILES if name in known]
    values = describe([cell], names).values.iloc[0]
    found += [
        (TILES[name], quantity(float(values[name]), known[name].unit))
        for name in names
        if np.isfinite(values[name])
    ]
    if cell.spectra:
        found.append(("spectra", number(len(cell.spectra))))
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
class Row:
    """A row of the sheet; the value is NaN where ``reason`` says why."""

    name: str
    summary: str
    value: float
    unit: str
    reason: str
    source: str


def _sheet(service: Service, cell_id: str) -> Response:
    parts: dict[str, list[Row]] = {}
    for row, part in _rows(service.cells.get(cell_id)):
        parts.setdefault(part, []).append(row)
    every = [row for rows in parts.values() for row in rows]
    n_measured = sum(not row.reason for row in every)
    return fragment("sheet.html", parts=parts, n_measured=n_measured, n_rows=len(every))


def _rows(cell: Cell) -> list[tuple[Row, str]]:
    """Return the rows of the sheet, each with the phenomenon that it belongs to."""
    table, known = describe([cell]), catalogue()
    absent = table.absent(0)
    values = table.values.iloc[0]
    return [
        (
            Row(
                name=name,
                summary=known[name].summary,
                value=float(values[name]),
                unit=table.units[name],
                reason=absent.get(name, ""),
                source=known[name].source,
            ),
            known[name].function.__module__.rpartition(".")[2].replace("_", " "),
        )
        for name in table.names
    ]


@dataclass(frozen=True)
class Tier:
    """What one model says of a cell, or what the cell lacks for it."""

    evidence: str
    model: str
    answer: PredictionOut | None
    lack: str


def _tiers(service: Service, cell_id: str) -> Response:
    cell = service.cells.get(cell_id)
    champions = service.champions
    by_target = champions.by_target()
    (reply,) = answers.predictions_of([cell], champions, level=LEVEL, model=None).cells
    targets = []
    for best in reply.predictions:
        ordered = sorted(by_target[best.target], key=evidence_of)
        tiers = [_tier(service, cell, each) for each in ordered]
        reached = [(each.evidence, each.answer) for each in tiers if each.answer is not None]
        learnt_from = champions.named(best.model.name).predictor.cells
        drawn = tier_chart(reached or [(best.tier.replace("_", " "), best)], learnt_from)
        targets.append((best, drawn, tiers))
    return fragment("tiers.html", targets=targets)


def _tier(service: Service, cell: Cell, champion: Champion) -> Tier:
    evidence, name = evidence_of(champion), champion.entry.name
    tier = evidence.name.replace("_", " ")
    lack = evidence.lack(cell) or "; ".join(scope_reasons(champion.predictor.provenance, cell))
    if lack:
        return Tier(tier, name, None, lack)
    try:
        reply = answers.predictions_of([cell], service.champions, level=LEVEL, model=name)
    except SeicastError as error:
        return Tier(tier, name, None, str(error))
    return Tier(tier, name, reply.cells[0].predictions[0], "")


def _download(service: Service, cell_id: str, what: str, format: str) -> Response:
    cell = service.cells.get(cell_id)
    return table_reply(_table(cell, what), f"{cell_id}_{what}", format)


def _table(cell: Cell, what: str) -> pd.DataFrame:
    if what == "cycles":
        return cycles(cell)
    if what == "sheet":
        rows = [vars(row) | {"part": part} for row, part in _rows(cell)]
        return pd.DataFrame(rows)[["part", "name", "value", "unit", "reason", "source"]]
    if cell.cycling is None:
        raise NotMeasured(f"Cell '{cell.cell_id}' was kept without cycling.")
    return cell.cycling
