"""The paths of predictions, descriptors, models and health."""

from functools import partial

from fastapi import APIRouter, Request, Response

from serving import answers, descriptor_answers, model_answers
from serving.admission import check_open
from serving.bodies import parse_body, read_body, to_records
from serving.documentation import documented_body
from serving.metrics import MEDIA_TYPE as METRICS_TYPE
from serving.pieces import reply_in_pieces
from serving.queries import AS_DOCUMENTED
from serving.quick_bodies import quick_request
from serving.replies import (
    DescriptorReply,
    Health,
    ModelCard,
    ModelsReply,
    PredictionReply,
)
from serving.schemas import (
    DESCRIPTOR_EXAMPLE,
    PREDICTION_EXAMPLE,
    DescriptorRequest,
    PredictionRequest,
)
from serving.service import Service, json_reply, problems, raw_reply, service_of
from serving.work import QUICK_BYTES

BODY_PROBLEMS = problems(400, 408, 413, 415, 422, 503)
router = APIRouter()


@router.post(
    "/v1/predictions",
    tags=["predictions"],
    response_model=PredictionReply,
    responses=BODY_PROBLEMS,
    dependencies=[AS_DOCUMENTED],
    openapi_extra=documented_body(PredictionRequest, PREDICTION_EXAMPLE),
)
async def predictions(request: Request) -> Response:
    """Predict the Coulombic efficiency and the life of cells, with intervals."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    if len(body) <= QUICK_BYTES:
        asked = quick_request(body, service.settings)
        if asked is not None and len(asked.cells) == 1:
            return raw_reply(await service.turns.answered(asked))
    return await service.work.done(partial(_predict, body, service))


@router.post(
    "/v1/descriptors",
    tags=["descriptors"],
    response_model=DescriptorReply,
    responses=BODY_PROBLEMS,
    dependencies=[AS_DOCUMENTED],
    openapi_extra=documented_body(DescriptorRequest, DESCRIPTOR_EXAMPLE),
)
async def descriptors(request: Request) -> Response:
    """Compute the descriptors of cells, each blank with its reason."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    return await service.work.done(partial(_describe, body, service))


@router.get("/v1/models", tags=["models"], response_model=ModelsReply, dependencies=[AS_DOCUMENTED])
async def models(request: Request) -> Response:
    """List the trained models, and those that could not be loaded."""
    return json_reply(model_answers.models(service_of(request).champions))


@router.get(
    "/v1/models/{name}",
    tags=["models"],
    response_model=ModelCard,
    responses=problems(404, 422, 503),
    dependencies=[AS_DOCUMENTED],
)
async def model(request: Request, name: str) -> Response:
    """Show one model with its held-out scores."""
    return json_reply(model_answers.model_card(service_of(request).champions.named(name)))


@router.get("/health/live", tags=["health"], response_model=Health)
async def live() -> Response:
    """Say that the process answers."""
    return json_reply(Health(status="live"))


@router.get("/health/ready", tags=["health"], response_model=Health, responses=problems(503))
async def ready(request: Request) -> Response:
    """Say that at least one model can answer, and that the service stays."""
    check_open(request.app.state.door)
    champions = service_of(request).champions
    champions.by_target()
    broken = model_answers.broken_models(champions)
    return json_reply(Health(status="ready", models=list(champions.ready), broken=broken))


@router.get("/metrics", tags=["health"], response_class=Response)
async def metrics(request: Request) -> Response:
    """Show what the service counts of itself, in Prometheus' text format."""
    return Response(service_of(request).metrics.page(), media_type=METRICS_TYPE)


def _predict(body: bytes, service: Service) -> Response:
    settings, champions, count = service.settings, service.champions, service.metrics.count
    quick = quick_request(body, settings)
    if quick is not None:
        return reply_in_pieces(answers.written(quick.cells, quick.terms, champions, count))
    asked = parse_body(body, PredictionRequest, settings)
    answers.choosers_for(asked, champions)  # what cannot be answered need not be read
    cells = to_records(asked.cells, settings)
    return reply_in_pieces(answers.written(cells, asked, champions, count))


def _describe(body: bytes, service: Service) -> Response:
    request = parse_body(body, DescriptorRequest, service.settings)
    return json_reply(descriptor_answers.descriptors(request, service.settings))
