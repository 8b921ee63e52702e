"""From raw bytes to a checked request, refusing early what would be dear to parse."""

import asyncio
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from anyio import to_thread
from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from features.errors import InvalidRecord
from features.records import Cell
from serving.errors import (
    BodyTooLarge,
    InvalidRequest,
    MalformedBody,
    Problem,
    SlowBody,
    UnsupportedBody,
    cut,
)
from serving.heads import header
from serving.plain_json import is_plain
from serving.schemas import MEASURED, CellIn
from serving.settings import Settings

RequestModel = TypeVar("RequestModel", bound=BaseModel)

ENCODINGS = ("identity", "gzip", "x-gzip")
#: JSON is UTF-8 (RFC 8259); ASCII is part of it.
CHARSETS = ("utf-8", "utf8", "us-ascii")
#: Always matches from a quote on, also without an end, so the search stays linear.
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
#: In a text the quotes would be escaped, so this never matches inside one.
_COLUMNS_OF_NUMBERS = re.compile(
    rb'"(%s)"\s*+:\s*+\[[-+0-9.eE,\s]*+\]' % b"|".join(name.encode() for name in MEASURED)
)
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
#: Messages of records open with ``Class.field``; the field completes the path.
_FIELD_OF_RECORD = re.compile(r"[A-Z]\w+\.(\w+)\b")
_UNKNOWN_FIELD = ("extra_forbidden", "unexpected_keyword_argument")


async def read_body(request: Request, settings: Settings) -> bytes:
    """Return the raw body of a JSON request, unpacked if it came as gzip."""
    _check_media_type(request)
    try:
        async with asyncio.timeout(settings.read_timeout_s):
            body = await request.body()
    except TimeoutError:
        raise SlowBody(f"The body took more than {settings.read_timeout_s} s to arrive.") from None
    if content_encoding(request) == "identity":
        return body
    return await to_thread.run_sync(_gunzipped, body, settings.max_body_bytes)


def content_encoding(request: Request) -> str:
    """Return how a body is packed."""
    return (header(request.scope, b"content-encoding") or "identity").strip().lower()


def parse_body(body: bytes, schema: type[RequestModel], settings: Settings) -> RequestModel:
    """Return the request that a body holds."""
    # Measured numbers are nearly all of a long body; the schema alone looks at each of them.
    facts = _COLUMNS_OF_NUMBERS.sub(rb'"\1":[]', body)
    if not is_plain(facts, settings):
        _check_brackets(facts, settings)
        try:
            _check_json(facts, settings)
        except MalformedBody:
            _check_json(body, settings)  # says where in the body as it was sent
            raise
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        raise _refusal(error, schema) from None


def to_records(cells: Iterable[CellIn], settings: Settings) -> list[Cell]:
    """Return checked cells, or raise InvalidRequest with the problem of each."""
    records: dict[str, Cell] = {}
    problems: list[Problem] = []
    n_rows = 0
    for number, cell in enumerate(cells):
        n_rows += cell.n_rows
        if cell.cell_id in records:
            problems.append(Problem(f"cells[{number}].cell_id", "another cell has this id already"))
            continue
        try:
            records[cell.cell_id] = cell.to_record()
        except InvalidRecord as error:
            problems.append(Problem(f"cells[{number}]", str(error)))
    if n_rows > settings.max_rows:
        problems.append(Problem("cells", f"hold {n_rows} rows; at most {settings.max_rows} fit."))
    if problems:
        raise InvalidRequest(problems)
    return list(records.values())


def _check_media_type(request: Request) -> None:
    stated = header(request.scope, b"content-type") or ""
    media_type, *parameters = (part.strip().lower() for part in stated.split(";"))
    is_json = media_type == "application/json" and all(map(_is_usual, parameters))
    if not is_json or content_encoding(request) not in ENCODINGS:
        raise UnsupportedBody(
            "Send Content-Type: application/json in UTF-8, with Content-Encoding: gzip or without."
        )


def _is_usual(parameter: str) -> bool:
    """Tell whether a parameter of a media type names no other script than UTF-8."""
    name, _, value = parameter.partition("=")
    return name.strip() != "charset" or value.strip().strip('"') in CHARSETS


def _gunzipped(body: bytes, max_bytes: int) -> bytes:
    """Return what a body unpacks to, refusing as soon as it is too much.

    A gzip stream may have several members, one after the other (RFC 1952).
    """
    pieces: list[bytes] = []
    end, room = 0, max_bytes
    while end < len(body) or not pieces:
        # One byte more than allowed tells a body at the limit from one beyond it.
        piece, end = _member(memoryview(body), end, room + 1)
        room -= len(piece)
        if room < 0:
            raise BodyTooLarge(f"The body unpacks to more than {max_bytes} bytes; send less.")
        pieces.append(piece)
    return b"".join(pieces)


def _member(packed: memoryview, start: int, enough: int) -> tuple[bytes, int]:
    """Return what a member of a gzip stream unpacks to, up to so many bytes, and where it ends.

    It is looked at in parts that grow: what is given beyond its end is copied, for each member.
    """
    unpacking, pieces, n_part = zlib.decompressobj(zlib.MAX_WBITS | 16), [], 128
    while not unpacking.eof and enough > 0:
        part = packed[start : start + n_part]
        if not part:
            raise MalformedBody("The body is cut off within its gzip stream.")
        try:
            pieces.append(unpacking.decompress(part, enough))
        except zlib.error:
            raise MalformedBody("The body is not gzip, though Content-Encoding says so.") from None
        enough -= len(pieces[-1])
        start, n_part = start + len(part), min(2 * n_part, 1 << 20)
    return b"".join(pieces), start - len(unpacking.unused_data)


def _check_brackets(body: bytes, settings: Settings) -> None:
    """Raise if brackets are too many or nest too deep, without parsing."""
    brackets = _STRINGS.sub(b"", body).translate(_TO_SQUARE, _NO_BRACKET)
    if brackets.count(b"[") > settings.max_fields:
        raise BodyTooLarge(f"The body holds more than {settings.max_fields} objects and lists.")
    for _ in range(settings.max_depth):
        brackets = brackets.replace(b"[]", b"")  # takes the innermost level away
    # What is left without a pair stays open: a few the parser names, many would exhaust it.
    if b"[]" in brackets or brackets.count(b"[") > settings.max_depth:
        raise MalformedBody(f"Brackets nest deeper than {settings.max_depth} levels.")


def _check_json(body: bytes, settings: Settings) -> None:
    """Raise unless the body is JSON of bearable size without doubled fields."""
    try:
        text = body.decode("utf-8")
        json.loads(text, object_pairs_hook=_FieldCount(settings), parse_int=float)
    except UnicodeDecodeError as error:
        raise MalformedBody(f"Byte {error.start} is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} at line {error.lineno}, column {error.colno}.") from None


class _FieldCount:
    """Look at every object of a body while it is parsed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.n_fields = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> None:
        self.n_fields += 1 + len(pairs)
        if self.n_fields > self.settings.max_fields:
            raise BodyTooLarge(f"The body holds more than {self.settings.max_fields} fields.")
        seen = set()
        for name, value in pairs:
            if name in seen:
                raise MalformedBody(f"Field '{cut(name, 80)}' stands twice in one object.")
            seen.add(name)
            self._check_list(name, value)

    def _check_list(self, name: str, value: object) -> None:
        if name in MEASURED or not isinstance(value, list):
            return
        if len(value) > self.settings.max_cells:
            columns = ", ".join(sorted(MEASURED))
            text = (
                f"holds {len(value)} entries and is no column of measurements; at most "
                f"{self.settings.max_cells} are allowed. Columns are {columns}."
            )
            raise InvalidRequest([Problem(cut(name, 80), text)])


def _refusal(error: ValidationError, schema: type[BaseModel]) -> InvalidRequest | MalformedBody:
    details = error.errors(include_url=False)
    if details[0]["type"] == "json_invalid":
        return MalformedBody(str(details[0]["ctx"]["error"]))
    tree = schema.model_json_schema()
    return InvalidRequest([_problem(detail, tree) for detail in details])


def _problem(detail: ErrorDetails, tree: Mapping[str, Any]) -> Problem:
    """Return what pydantic found, in our words."""
    path = [part for part in detail["loc"] if part != "[key]"]
    where = "".join(_step(part) for part in path).lstrip(".") or "body"
    if detail["type"] == "value_error":
        message = str(detail["ctx"]["error"])
        field = _FIELD_OF_RECORD.match(message)
        return Problem(f"{where}.{field[1]}" if field else where, message)
    if detail["type"] in _UNKNOWN_FIELD:
        known = ", ".join(_known_fields(tree, path[:-1]))
        return Problem(where, f"unknown field; known here are: {known}.")
    if detail["type"] == "missing":
        return Problem(where, "is required and missing.")
    return Problem(where, f"{detail['msg']}, got {_in_short(detail['input'])}.")


def _step(part: str | int) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{cut(part, 80)}"


def _in_short(value: object) -> str:
    """Return a number as it came, and of anything else its kind alone."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        # A longer integer overflows as a float, and Python refuses to print it.
        return f"{value:g}" if not abs(value) >= 1e300 else "a number beyond all bounds"
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    return f"an array of {len(value)}" if isinstance(value, list) else "an object"


def _known_fields(tree: Mapping[str, Any], path: Iterable[str | int]) -> list[str]:
    """Return the fields of the object at a path of a JSON schema."""
    node = tree
    for part in path:
        node = _resolved(tree, node)
        node = node["items"] if isinstance(part, int) else node["properties"][part]
    return list(_resolved(tree, node).get("properties", ()))


def _resolved(tree: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema behind references and optional wrappers."""
    for choice in _alternatives(node):
        if choice.get("type") != "null":
            node = choice
    name = node.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = tree["$defs"][name] if name else node
    return found


def _alternatives(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from node.get("anyOf", ())
    yield from node.get("allOf", ())
