"""Every failure as problem JSON (RFC 9457): bounded in size, without input or traceback."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from features.errors import (
    BrokenBundle,
    BrokenStore,
    BusyStore,
    Conflict,
    DeletedCell,
    FullQueue,
    InvalidRecord,
    LevelNotSupported,
    NotMeasured,
    SeicastError,
    StaleBundle,
    UnknownName,
    UnreadableFile,
)
from serving.roles import methods_of

MEDIA_TYPE = "application/problem+json"
MAX_PROBLEMS = 10
MAX_WHERE_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 600
#: Of a detail that stands alone: what a reader says of a file, with its name and its columns.
MAX_DETAIL_CHARACTERS = 2_000
#: Of all problems together, so that the reply stays below 16 KiB whatever the script of the text.
MAX_PROBLEMS_BYTES = 12_000


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a body: the path of the field, and what is allowed there."""

    where: str
    problem: str


class InvalidRequest(SeicastError):
    """A body is JSON but not a request; it carries the problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} field(s) were refused; nothing was computed.")
        self.problems = tuple(problems)

    @property
    def in_words(self) -> str:
        """Return all problems in one line, for whoever gets no list of them."""
        return " ".join(f"{problem.where}: {problem.problem}" for problem in self.problems)


class MalformedBody(SeicastError):
    """A body is not JSON."""


class BodyTooLarge(SeicastError):
    """A body exceeds a limit of this service."""


class UnsupportedBody(SeicastError):
    """A body has another media type or encoding than plain JSON."""


class SlowBody(SeicastError):
    """A body did not arrive in time."""


class NoModel(SeicastError):
    """No trained model is ready to answer."""


class NoStore(SeicastError):
    """No store of cells and jobs was given to the service."""


class Stopping(SeicastError):
    """The service was told to stop, and is no longer to be asked."""


class TooManyStreams(SeicastError):
    """As many clients as may follow jobs do so already."""


@dataclass(frozen=True)
class Kind:
    """How an error class shows in a reply."""

    status: int
    name: str
    title: str


KINDS: Mapping[type[Exception], Kind] = {
    InvalidRequest: Kind(422, "invalid-request", "The request was refused"),
    InvalidRecord: Kind(422, "invalid-record", "A stated fact about a cell is impossible"),
    LevelNotSupported: Kind(422, "level-not-supported", "The model cannot carry this level"),
    NotMeasured: Kind(422, "not-measured", "The cell lacks what this needs"),
    UnreadableFile: Kind(422, "unreadable-file", "The file is not what it claims to be"),
    DeletedCell: Kind(410, "deleted", "The cell was taken out of service"),
    Conflict: Kind(409, "conflict", "Something else has this id, key or version"),
    UnknownName: Kind(404, "unknown-name", "Nothing has this name"),
    MalformedBody: Kind(400, "malformed-body", "The body is not valid JSON"),
    SlowBody: Kind(408, "slow-body", "The body did not arrive in time"),
    BodyTooLarge: Kind(413, "body-too-large", "The body is too large"),
    UnsupportedBody: Kind(415, "unsupported-body", "The body must be plain JSON"),
    StaleBundle: Kind(503, "model-not-ready", "The model cannot answer"),
    BrokenBundle: Kind(503, "model-not-ready", "The model cannot answer"),
    NoModel: Kind(503, "no-model", "No trained model is ready"),
    Stopping: Kind(503, "stopping", "The service is about to stop"),
    NoStore: Kind(503, "no-store", "This service keeps nothing"),
    BrokenStore: Kind(503, "broken-store", "Kept data are missing or altered"),
    BusyStore: Kind(503, "busy-store", "The store is busy or does not answer"),
    TooManyStreams: Kind(503, "too-many-streams", "Too many clients follow jobs"),
    FullQueue: Kind(503, "full-queue", "Too many jobs wait"),
}
#: When it is worth asking again: other writers take a moment, jobs take minutes.
RETRY_AFTER_S: Mapping[type[Exception], str] = {
    BusyStore: "5",
    TooManyStreams: "10",
    FullQueue: "60",
}


def add_handlers(app: FastAPI) -> None:
    """Make the application answer every error as problem JSON."""
    for error_class in KINDS:
        app.add_exception_handler(error_class, known_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_parameters)


def problem_reply(
    kind: Kind,
    detail: str,
    problems: Sequence[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem reply of at most 16 KiB."""
    body: dict[str, object] = {
        "type": f"urn:seicast:{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": cut(detail, MAX_TEXT_CHARACTERS if problems else MAX_DETAIL_CHARACTERS),
    }
    if problems:
        body["problems"] = [asdict(problem) for problem in _bounded(problems)]
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(content, kind.status, headers, MEDIA_TYPE)


def cut(text: str, n_characters: int) -> str:
    """Return the text, shortened in the open."""
    return text if len(text) <= n_characters else f"{text[: n_characters - 3]}..."


def _bounded(problems: Sequence[Problem]) -> Iterator[Problem]:
    n_bytes = 0
    for problem in problems[:MAX_PROBLEMS]:
        where = cut(problem.where, MAX_WHERE_CHARACTERS)
        text = cut(problem.problem, MAX_TEXT_CHARACTERS)
        n_bytes += len(json.dumps([where, text], ensure_ascii=False).encode(errors="replace"))
        if n_bytes > MAX_PROBLEMS_BYTES:
            return
        yield Problem(where, text)


async def known_problem(_: Request, error: Exception) -> Response:
    """Return the reply to an error that is one of ``KINDS``."""
    kind = next(KINDS[ancestor] for ancestor in type(error).__mro__ if ancestor in KINDS)
    problems = error.problems if isinstance(error, InvalidRequest) else ()
    # The rest of a refused body is never read, so the connection cannot carry another request.
    headers = {"Connection": "close"} if kind.status in (408, 413) else {}
    if type(error) in RETRY_AFTER_S:
        headers["Retry-After"] = RETRY_AFTER_S[type(error)]
    return problem_reply(kind, str(error), problems, headers)


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = str(error.detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The router names the methods of the first route of the path alone.
        allowed = ", ".join(methods_of(request.url.path))
        error.headers, detail = {"Allow": allowed}, f"Here one may ask with {allowed} alone."
    elif error.status_code == HTTPStatus.NOT_FOUND:
        detail = "Nothing is at this address; what there is, /openapi.json and /docs tell."
    kind = Kind(error.status_code, "http", HTTPStatus(error.status_code).phrase)
    return problem_reply(kind, detail, headers=error.headers)


async def _answer_parameters(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [
        Problem(".".join(map(str, part["loc"])), part["msg"].removeprefix("Value error, "))
        for part in error.errors()
    ]
    return problem_reply(KINDS[InvalidRequest], str(InvalidRequest(problems)), problems)
