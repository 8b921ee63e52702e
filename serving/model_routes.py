"""Moves of champions over HTTP: a version on the shelf is let to answer, or the one before again.

The gate compares held-out answers that MLflow keeps, which a service never loads. So a promotion
here is a forced one, its reason in the audit log; to have it judged instead, ask for a job, or
run: seicast promote NAME --version N. The shelf is the truth: a worker lets MLflow's aliases
follow it.

The line of the audit log comes first, see ``store.champion_moves``.
"""

from functools import partial
from pathlib import Path

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from features.errors import UnknownName
from models import shelf
from models.shelf import Entry
from serving.bodies import parse_body, read_body
from serving.documentation import documented_body
from serving.model_schemas import (
    PROMOTION_EXAMPLE,
    ROLLBACK_EXAMPLE,
    PromotionRequest,
    RollbackRequest,
)
from serving.queries import AS_DOCUMENTED
from serving.replies import ModelOut, model_out
from serving.service import Service, json_reply, problems, service_of
from serving.texts import Line
from store.champion_moves import ChampionMove

router = APIRouter(prefix="/v1/models", tags=["models"], dependencies=[AS_DOCUMENTED])

MOVE_PROBLEMS = problems(400, 404, 408, 413, 415, 422, 503)


@router.post(
    "/{name}/rollback",
    response_model=ModelOut,
    responses=MOVE_PROBLEMS,
    openapi_extra=documented_body(RollbackRequest, ROLLBACK_EXAMPLE),
)
async def rollback(request: Request, name: Line) -> Response:
    """Let the version answer again that did before."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    reason = parse_body(body, RollbackRequest, service.settings).reason
    back = partial(_rolled_back, service, name, service.actor(request), reason)
    return json_reply(model_out(await to_thread.run_sync(back)))


@router.post(
    "/{name}/promote",
    response_model=ModelOut,
    responses=MOVE_PROBLEMS,
    openapi_extra=documented_body(PromotionRequest, PROMOTION_EXAMPLE),
)
async def promote(request: Request, name: Line) -> Response:
    """Let a version on the shelf answer, whatever the gate said of it."""
    service = service_of(request)
    body = await read_body(request, service.settings)
    asked = parse_body(body, PromotionRequest, service.settings)
    forced = partial(_forced, service, name, asked, service.actor(request))
    return json_reply(model_out(await to_thread.run_sync(forced)))


def _rolled_back(service: Service, name: str, actor: str, reason: str) -> Entry:
    audit, folder = service.audit, _shelf_with(service, name)

    def note(entry: Entry) -> None:
        left = shelf.champion_entry(folder, name).version
        said.write(entry, f"from v{left}: {reason}")

    with ChampionMove(audit, actor, "rollback") as said:
        return shelf.rollback(folder, name, note)


def _forced(service: Service, name: str, asked: PromotionRequest, actor: str) -> Entry:
    audit, folder = service.audit, _shelf_with(service, name)
    kept = {entry.version: entry for entry in shelf.versions(folder, name)}
    if asked.version not in kept:
        raise UnknownName(
            f"Version {asked.version} of '{name}' is not on the shelf; it holds {list(kept)}."
        )
    entry = kept[asked.version]
    shelf.load_version(folder, entry)  # one that cannot answer is refused before it moves
    with ChampionMove(audit, actor, "force") as said:
        shelf.promote(folder, entry, lambda moved: said.write(moved, f"forced: {asked.reason}"))
    return entry


def _shelf_with(service: Service, name: str) -> Path:
    """Return the shelf if something of this name is on it; a name is never taken for a path."""
    folder = service.settings.shelf
    names = sorted(path.parent.name for path in folder.glob("*/v*") if path.is_dir())
    if name not in names:
        known = ", ".join(dict.fromkeys(names)) or "none yet"
        raise UnknownName(f"No model is called '{name[:80]}' on the shelf; there are: {known}.")
    return folder
