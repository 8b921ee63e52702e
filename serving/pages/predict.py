"""What the Predict page asks for: the answer to a recipe, and a sweep of one of its quantities."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from features.errors import InvalidSetting
from features.recipe import RANGES
from serving import answers
from serving.bodies import parse_body
from serving.errors import InvalidRequest, Problem
from serving.pages.charts.predictions import Sweep, sweep_chart
from serving.pages.forms import NUMBERS, Fields, cell_of, first, number_of, read_form
from serving.pages.own_recipes import nearest_own
from serving.pages.shown import shown
from serving.pages.templating import fragment
from serving.schemas import PredictionRequest
from serving.service import Service, service_of
from serving.vagueness import vagueness_of

router = APIRouter(prefix="/pages", include_in_schema=False)

N_SWEPT = 25
#: What can be swept: name, unit, and the ends where the form leaves them empty.
SWEEPS = {
    "thickness_nm": ("coating thickness", "nm", (50.0, 10_000.0)),
    "current_density_mA_cm2": ("current density", "mA cm⁻²", (0.1, 10.0)),
    "areal_capacity_mAh_cm2": ("areal capacity", "mAh cm⁻²", (0.2, 5.0)),
}


@router.post("/predictions")
async def predictions(request: Request) -> Response:
    """Answer for the recipe of a form."""
    service = service_of(request)
    fields = await read_form(request, service.settings)
    return await service.work.done(partial(_answered, service, fields))


@router.post("/sweeps")
async def sweeps(request: Request) -> Response:
    """Answer for a recipe with one quantity varied."""
    service = service_of(request)
    fields = await read_form(request, service.settings)
    return await service.work.done(partial(_swept, service, fields))


@router.post("/recipes")
async def recipes(request: Request) -> Response:
    """Return the JSON of the cell that a form describes, checked, for an upload."""
    service = service_of(request)
    fields = await read_form(request, service.settings)
    cell = cell_of(fields)
    _asked(service, {"cells": [cell]})
    return Response(json.dumps({"cell": cell}), media_type="application/json")


def _answered(service: Service, fields: Fields) -> Response:
    cell = cell_of(fields)
    body = _body([cell], fields)
    asked = _asked(service, body)
    (reply,) = answers.predictions(asked, service.champions, service.settings).cells
    stores = service.stores
    return fragment(
        "answer.html",
        answers=[shown(each, service.champions) for each in reply.predictions],
        own=[] if stores is None else nearest_own(stores.cells, asked.cells[0].recipe),
        published=reply.nearest_published,
        body=body,
    )


def _swept(service: Service, fields: Fields) -> Response:
    name = first(fields, "swept", "thickness_nm")
    if name not in SWEEPS:
        raise InvalidRequest([Problem("swept", f"can be one of {', '.join(SWEEPS)}")])
    cell = cell_of(fields)
    if name == "thickness_nm" and not (cell["recipe"].get("coating") or {}).get("phases"):
        text = "a bare electrode has no coating whose thickness could vary"
        raise InvalidRequest([Problem("swept", text)])
    values = _values(fields, name)
    cells = [_with(cell, name, value, row) for row, value in enumerate(values)]
    asked = _asked(service, _body(cells, fields))
    replies = answers.predictions(asked, service.champions, service.settings).cells
    words, unit, _ = SWEEPS[name]
    own = number_of(fields, name, float("nan"))
    columns = zip(*(reply.predictions for reply in replies), strict=True)
    found = [
        Sweep(words, unit, values, column, [vagueness_of(a, service.champions) for a in column])
        for column in columns
    ]
    return fragment(
        "sweep.html",
        sweeps=[(each, sweep_chart(each, own)) for each in found],
        n_values=len(values),
    )


def _values(fields: Fields, name: str) -> list[float]:
    """Return the values of a sweep between the ends of a form."""
    ends = SWEEPS[name][2]
    low = number_of(fields, "swept_from", ends[0])
    high = number_of(fields, "swept_to", ends[1])
    try:
        return swept_values(name, low, high)
    except InvalidSetting as error:
        raise InvalidRequest([Problem("swept_from", str(error))]) from None


def swept_values(name: str, low: float, high: float) -> list[float]:
    """Return evenly spread values of a quantity on a logarithmic scale.

    Raises
    ------
    InvalidSetting
        If the ends do not rise, or leave what a lab can mean.

    Examples
    --------
    >>> swept_values("thickness_nm", 100, 10_000)[::12]
    [100.0, 1000.0, 10000.0]
    """
    least, most = RANGES[name]
    if not max(least, 0.0) < low < high <= most:
        raise InvalidSetting(
            f"from {low:g} to {high:g} is no sweep; it must rise, between {least:g} and {most:g}"
        )
    return [float(f"{value:.4g}") for value in np.geomspace(low, high, N_SWEPT)]


def _with(cell: Mapping[str, Any], name: str, value: float, row: int) -> dict[str, Any]:
    """Return a copy of a cell with one quantity of its own."""
    copy: dict[str, Any] = json.loads(json.dumps(cell))
    node = copy
    *path, last = NUMBERS[name]
    for part in path:
        node = node.setdefault(part, {})
    node[last] = value
    return copy | {"cell_id": f"{cell['cell_id']} {row}"}


def _body(cells: list[dict[str, Any]], fields: Fields) -> dict[str, Any]:
    """Return the body of a request for cells; a level that is left empty is not stated."""
    if not first(fields, "level"):
        return {"cells": cells}
    return {"cells": cells, "level": number_of(fields, "level", float("nan"))}


def _asked(service: Service, body: dict[str, Any]) -> PredictionRequest:
    """Return the request that a client would have sent: forms get no checks of their own."""
    return parse_body(json.dumps(body).encode(), PredictionRequest, service.settings)
