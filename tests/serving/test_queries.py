"""A query says what the interface documents, or is refused with what it does."""

from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel
from starlette.testclient import TestClient

from serving.errors import add_handlers
from serving.queries import AS_DOCUMENTED

JOBS = "/v1/retraining-jobs"


class Wanted(BaseModel):
    lab: str | None = None


@pytest.fixture(scope="module")
def asked():
    """Return a client of three small routes."""
    router = APIRouter(prefix="/v1", dependencies=[AS_DOCUMENTED])

    @router.get("/things/{name}")
    def things(
        name: str,
        wanted: Annotated[Wanted, Query()],
        limit: int = 1,
        version: int | None = None,
        level: float = 0.9,
    ) -> dict[str, object]:
        return {"name": name, "lab": wanted.lab, "limit": limit, "version": version, "level": level}

    @router.get("/bare")
    def bare() -> None:
        return None

    app = FastAPI()
    app.include_router(router)
    add_handlers(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    "query", ["", "limit=7", "version=3&limit=-7", "level=0.5&lab=ours", "level=1", "level=5e-1"]
)
def test_what_is_documented_is_answered(asked, query):
    assert asked.get(f"/v1/things/a?{query}").status_code == 200


@pytest.mark.parametrize(
    ("query", "where", "said"),
    [
        ("labb=x", "query.labb", "known here are: lab, limit, version, level"),
        ("limit=1&limit=2", "query.limit", "stands 2 times"),
        ("lab=x&lab=x", "query.lab", "stands 2 times"),
        ("limit=1_0", "query.limit", "a whole number in digits"),
        ("limit=1.0", "query.limit", "a whole number in digits"),
        ("limit=007", "query.limit", "a whole number in digits"),
        ("limit=+7", "query.limit", "a whole number in digits"),
        ("version=1.0", "query.version", "a whole number in digits"),
        ("version=%D9%A3", "query.version", "a whole number in digits"),
        ("level=0_9", "query.level", "a number in digits"),
        ("level=inf", "query.level", "a number in digits"),
    ],
)
def test_what_is_not_is_refused_by_name_with_what_is(asked, query, where, said):
    """Passed over, a mistyped filter would answer another question than was asked."""
    reply = asked.get(f"/v1/things/a?{query}")
    assert reply.status_code == 422
    assert where in [problem["where"] for problem in reply.json()["problems"]]
    assert said in reply.text


def test_where_nothing_may_be_asked_that_is_said(asked):
    reply = asked.get("/v1/bare?debug=1")
    assert reply.json()["problems"] == [
        {"where": "query.debug", "problem": "unknown parameter; known here are: none."}
    ]


@pytest.mark.parametrize(
    "address", [f"{JOBS}?labb=x", f"{JOBS}/none?x=1", "/v1/models/ce-bare/drift?n_cells=1_00"]
)
def test_jobs_and_drift_are_asked_as_documented(keeper, address):
    assert keeper.get(address).status_code == 422


def test_pages_open_whatever_their_address_carries(client):
    """Bookmarks and links from elsewhere add parameters of their own."""
    assert client.get("/cells?utm_source=mail").status_code == 200
    assert client.get("/jobs?state=x&state=y").status_code == 200
