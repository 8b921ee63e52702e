"""Queries as the interface documents them: known parameters, each once, numbers in digits.

A mistyped filter that is passed over would answer another question than was asked. Numbers in
headers are read as strictly.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from anyio import to_thread
from fastapi import Depends, Request

from serving.errors import InvalidRequest, Problem, cut

#: Type of a parameter -> how it must be written, and that in words.
_FORMS = {
    "integer": (re.compile(r"0|-?[1-9][0-9]*"), "a whole number in digits, such as 50"),
    "number": (
        re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"),
        "a number in digits, such as 0.9",
    ),
}


def in_digits(text: str) -> str:
    """Refuse a whole number of a header that is not written in plain digits."""
    form, said = _FORMS["integer"]
    if not form.fullmatch(text):
        raise ValueError(f"must be {said}.")
    return text


async def _check(request: Request) -> None:
    """Refuse a query that the document of the interface does not describe."""
    stated = request.query_params.multi_items()
    if not stated:
        return
    known = await to_thread.run_sync(_known, request)
    problems = list(_problems(stated, known))
    if problems:
        raise InvalidRequest(problems)


#: For the routes of a router: ``APIRouter(dependencies=[AS_DOCUMENTED])``.
AS_DOCUMENTED = Depends(_check)


def _known(request: Request) -> Mapping[str, str]:
    """Return the parameters of the route of a request, and the type of each."""
    document: Mapping[str, Any] = request.app.openapi()
    operation = document["paths"][request.scope["route"].path_format][request.method.lower()]
    return {
        parameter["name"]: _type_of(parameter["schema"])
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }


def _type_of(schema: Mapping[str, Any]) -> str:
    types = (each.get("type", "") for each in schema.get("anyOf", (schema,)))
    return next((str(name) for name in types if name != "null"), "")


def _problems(stated: Sequence[tuple[str, str]], known: Mapping[str, str]) -> Iterator[Problem]:
    for name, n_times in Counter(name for name, _ in stated).items():
        where = f"query.{cut(name, 80)}"
        if name not in known:
            yield Problem(
                where, f"unknown parameter; known here are: {', '.join(known) or 'none'}."
            )
        elif n_times > 1:
            yield Problem(where, f"stands {n_times} times; state it once.")
    for name, text in stated:
        form = _FORMS.get(known.get(name, ""))
        if form is not None and not form[0].fullmatch(text):
            yield Problem(f"query.{name}", f"must be {form[1]}.")
