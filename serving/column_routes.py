"""The path of columnar predictions: a body and a reply of columns, for scans of many cells."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response

from serving.bodies import parse_body, read_body
from serving.column_answers import columnar_predictions
from serving.column_schemas import COLUMNAR_EXAMPLE, ColumnarReply, ColumnarRequest
from serving.documentation import documented_body
from serving.service import Service, json_reply, problems, service_of

router = APIRouter()


@router.post(
    "/v1/predictions/columnar",
    response_model=ColumnarReply,
    responses=problems(400, 408, 413, 415, 422, 503),
    openapi_extra=documented_body(ColumnarRequest, COLUMNAR_EXAMPLE),
)
async def predictions(request: Request) -> Response:
    """Predict many cells that differ in a few fields of their recipe, column by column."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    return await service.work.done(partial(_predict, body, service))


def _predict(body: bytes, service: Service) -> Response:
    # A column is as long as there are cells, and it holds facts and not measurements.
    bounds = replace(service.settings, max_cells=service.settings.max_columnar_cells)
    asked = parse_body(body, ColumnarRequest, bounds)
    return json_reply(columnar_predictions(asked, service.champions))
