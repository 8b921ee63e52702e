"""A cell that comes in a body, perhaps with files: put together, kept, or a correction of one."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from anyio import to_thread
from fastapi import Request

from features.errors import UnreadableFile
from features.raw_files import cell_with_files
from features.records import Cell
from serving.bodies import parse_body, read_body, to_records
from serving.cell_schemas import CorrectionIn, KeptCellIn
from serving.laid_out import on_disk
from serving.service import Service
from serving.texts import Line
from serving.uploads import is_multipart, read_upload
from store.cells import KEEP, Entered
from store.entries import StoredCell
from store.facts import Original, sealed

AnyKept = TypeVar("AnyKept", bound=KeptCellIn)


@dataclass(frozen=True)
class SentCell(Generic[AnyKept]):
    """A cell that came in a body, put together with its files."""

    body: AnyKept
    cell: Cell
    files: tuple[Original, ...]
    notes: tuple[str, ...]


async def received(request: Request, service: Service, schema: type[AnyKept]) -> SentCell[AnyKept]:
    """Return the cell of a request, put together with the files that came with it."""
    if is_multipart(request):
        upload = await read_upload(request, service.settings)
        return await to_thread.run_sync(_put_together, service, schema, upload.facts, upload.files)
    body = await read_body(request, service.settings)
    return await to_thread.run_sync(_put_together, service, schema, body, ())


def _put_together(
    service: Service, schema: type[AnyKept], facts: bytes, files: tuple[Original, ...]
) -> SentCell[AnyKept]:
    body = parse_body(facts, schema, service.settings)
    (cell,) = to_records([body.cell], service.settings)
    try:
        with on_disk(files) as paths:
            whole, notes = cell_with_files(cell, paths)
    except UnreadableFile as error:
        raise UnreadableFile(error.when_sent) from error
    return SentCell(body, whole, files, notes)


def entered(
    service: Service, sent: SentCell[KeptCellIn], idempotency_key: str | None, actor: str
) -> Entered:
    """Keep a cell that was sent; return its entry, and whether it is new."""
    body = sent.body
    new = sealed(sent.cell, body.control_id, body.outcome, sent.files)
    return service.cells.enter(new, idempotency_key=idempotency_key, actor=actor)


def corrected(
    service: Service, cell_id: Line, sent: SentCell[CorrectionIn], actor: str
) -> StoredCell:
    """Make a version of a kept cell out of the one that was sent; return its entry."""
    body = sent.body
    named = body.model_fields_set  # null is a statement, what is left out is none
    return service.cells.correct(
        cell_id,
        sent.cell,
        body.reason,
        control_id=body.control_id if "control_id" in named else KEEP,
        outcome=body.outcome if "outcome" in named else KEEP,
        originals=sent.files or KEEP,
        dropped=body.drop,
        actor=actor,
        expected_version=body.expected_version,
    )
