"""What fails on the way to an answer is answered too: with its id, its headers, and in the log."""

import asyncio
import logging
import uuid

from fastapi import Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.admission import CLOSING
from serving.errors import KINDS, Kind, Stopping, known_problem, problem_reply
from serving.observed import id_of, note_end

LOG = logging.getLogger("seicast.service")
FAILURE = Kind(500, "failure", "The service failed")
CUT = (
    "The service was told to stop, and this request took longer than it waits; what it had begun "
    "may be done or not: look before it is sent again."
)


class Failures:
    """Answer whatever is raised below, guards among it, by a problem.

    The client gets the id of a failure alone; the log holds it with the traceback.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and say what went wrong if nothing was said yet."""
        has_begun = False

        async def send_on(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        except ClientDisconnect:
            return  # nobody is there to be told
        except asyncio.CancelledError:
            if scope["type"] != "http":
                raise
            reply = _cut(scope, has_begun)
            if not has_begun:
                await reply(scope, receive, send)
        except Exception as error:
            if has_begun or scope["type"] != "http":
                note_end(scope, FAILURE.status, is_cut=has_begun)
                raise  # only closing the connection tells that a reply is not whole
            await (await _reply(Request(scope), error))(scope, receive, send)


def _cut(scope: Scope, has_begun: bool) -> Response:
    """Return the reply to a request that the server cancels, as it does when its drain ends."""
    note_end(scope, KINDS[Stopping].status, is_cut=has_begun)
    LOG.warning("cut at the end of the drain", extra={"facts": {"request_id": id_of(scope)}})
    return problem_reply(KINDS[Stopping], CUT, headers=CLOSING)


async def _reply(request: Request, error: Exception) -> Response:
    if isinstance(error, tuple(KINDS)):
        return await known_problem(request, error)
    failure_id = uuid.uuid4().hex[:12]
    error.add_note(f"failure {failure_id} in {request.method} {request.url.path}")
    LOG.error("failure %s", failure_id, exc_info=error)
    return problem_reply(FAILURE, f"Failure {failure_id}; the log of the service holds the cause.")
