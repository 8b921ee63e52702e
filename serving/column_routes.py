"""The path of columnar predictions: a body and a reply of columns, for scans of many cells."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Request, Response

from serving.bodies import parse_body, read_body
from serving.column_answers import FEW, columnar_json
from serving.column_schemas import COLUMNAR_EXAMPLE, ColumnarReply, ColumnarRequest
from serving.documentation import documented_body
from serving.queries import AS_DOCUMENTED
from serving.service import Service, problems, raw_reply, service_of
from serving.work import QUICK_BYTES

router = APIRouter(tags=["predictions"], dependencies=[AS_DOCUMENTED])


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
    if len(body) > QUICK_BYTES:
        return await service.work.done(partial(_predict, body, service))
    asked = _asked(body, service)
    if len(asked.ids) <= FEW:
        return _predicted(asked, service)
    return await service.work.done(partial(_predicted, asked, service))


def _predict(body: bytes, service: Service) -> Response:
    return _predicted(_asked(body, service), service)


def _asked(body: bytes, service: Service) -> ColumnarRequest:
    # A column is as long as there are cells, and it holds facts and not measurements.
    bounds = replace(service.settings, max_cells=service.settings.max_columnar_cells)
    return parse_body(body, ColumnarRequest, bounds)


def _predicted(asked: ColumnarRequest, service: Service) -> Response:
    return raw_reply(columnar_json(asked, service.champions))
