"""A champion moves by role and with a reason, in the audit log; never by a name that is a path."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from models import shelf as shelves
from models.shelf import Entry, champion_entry, publish, store
from serving.app import create_app
from serving.champions import champions_on
from store.audit import AuditLog

WHY = "odd answers for ethers"
MOVES = (("promote", {"version": 3, "reason": WHY}), ("rollback", {"reason": WHY}))


@pytest.fixture
def shelf(tmp_path, champion_maker):
    """Return a shelf: version 2 answers, 1 did before, 3 waits."""
    sha256 = champion_maker("ce-bare").predictor.save(tmp_path / "made")
    for version, put in ((1, publish), (2, publish), (3, store)):
        put(
            tmp_path / "shelf",
            Entry("ce-bare", version, f"run-{version}", sha256),
            tmp_path / "made",
        )
    return tmp_path / "shelf"


@pytest.fixture
def mover(settings, shelf, stores):
    app = create_app(replace(settings, shelf=shelf), champions_on(shelf), stores=stores)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_a_rollback_lets_the_version_before_answer_and_is_written_down(mover, shelf, stores):
    reply = mover.post("/v1/models/ce-bare/rollback", json={"reason": WHY})
    assert reply.json()["version"] == 1
    assert champion_entry(shelf, "ce-bare").version == 1
    (line,) = stores.audit.entries()
    assert (line.action, line.subject) == ("rollback", "model ce-bare v1")
    assert WHY in line.reason


def test_a_version_that_waits_is_promoted_and_rolled_back_to_where_it_was(mover, shelf, stores):
    reply = mover.post("/v1/models/ce-bare/promote", json={"version": 3, "reason": WHY})
    assert reply.json()["run_id"] == "run-3"
    assert mover.post("/v1/models/ce-bare/rollback", json={"reason": WHY}).json()["version"] == 2
    assert [line.action for line in stores.audit.entries()] == ["force", "rollback"]


@pytest.mark.parametrize("move", ["promote", "rollback"])
@pytest.mark.parametrize("body", [{}, {"reason": "x"}, {"version": 3, "reason": ""}, {"why": WHY}])
def test_a_move_without_a_reason_moves_nothing(mover, shelf, move, body):
    assert mover.post(f"/v1/models/ce-bare/{move}", json=body).status_code == 422
    assert champion_entry(shelf, "ce-bare").version == 2


@pytest.mark.parametrize("reason", ["ab\ncd", "ab\0cd", "    "])
@pytest.mark.parametrize(("move", "body"), MOVES)
def test_a_reason_that_is_no_line_of_text_moves_nothing(mover, shelf, move, body, reason):
    reply = mover.post(f"/v1/models/ce-bare/{move}", json={**body, "reason": reason})
    assert reply.status_code == 422
    assert champion_entry(shelf, "ce-bare").version == 2


@pytest.mark.parametrize("name", ["nobody", "..", "%2e%2e", ".registry.lock", "ce-bare%2fv1"])
@pytest.mark.parametrize("move", ["promote", "rollback"])
def test_a_name_that_is_none_of_the_shelf_touches_no_folder(mover, shelf, name, move):
    before = sorted(shelf.parent.rglob("*"))
    body = {"reason": WHY} | ({"version": 1} if move == "promote" else {})
    assert mover.post(f"/v1/models/{name}/{move}", json=body).status_code == 404
    assert sorted(shelf.parent.rglob("*")) == before


def test_a_version_that_is_not_there_is_refused_by_those_that_are(mover):
    reply = mover.post("/v1/models/ce-bare/promote", json={"version": 9, "reason": WHY})
    assert reply.status_code == 404
    assert "[1, 2, 3]" in reply.json()["detail"]


def test_a_version_that_cannot_answer_is_refused_before_it_moves(mover, shelf, stores):
    next((shelf / "ce-bare" / "v3").glob("*.json")).write_text("{}")
    reply = mover.post("/v1/models/ce-bare/promote", json={"version": 3, "reason": WHY})
    assert reply.status_code == 503
    assert champion_entry(shelf, "ce-bare").version == 2
    assert stores.audit.entries() == ()


def test_nothing_before_is_nothing_to_go_back_to(mover):
    mover.post("/v1/models/ce-bare/rollback", json={"reason": WHY})
    assert mover.post("/v1/models/ce-bare/rollback", json={"reason": WHY}).status_code == 404


def test_without_a_store_nothing_moves_since_nothing_could_be_written_down(settings, shelf):
    with TestClient(
        create_app(replace(settings, shelf=shelf), champions_on(shelf)), base_url="http://localhost"
    ) as client:
        reply = client.post("/v1/models/ce-bare/rollback", json={"reason": WHY})
    assert reply.status_code == 503
    assert champion_entry(shelf, "ce-bare").version == 2


@pytest.mark.parametrize(("move", "body"), MOVES)
def test_what_cannot_be_written_down_does_not_move(mover, shelf, monkeypatch, move, body):
    """A champion nobody answers for would be worse than none that moved."""

    def fails(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(AuditLog, "append", fails)
    assert mover.post(f"/v1/models/ce-bare/{move}", json=body).status_code == 500
    assert champion_entry(shelf, "ce-bare").version == 2
    assert [entry.version for entry in shelves.history(shelf, "ce-bare")] == [1, 2]


@pytest.mark.parametrize(("move", "body"), MOVES)
def test_a_move_that_breaks_off_after_its_line_gets_another_that_says_so(
    mover, shelf, stores, monkeypatch, move, body
):
    def fails(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(shelves, "_replace", fails)
    assert mover.post(f"/v1/models/ce-bare/{move}", json=body).status_code == 500
    assert champion_entry(shelf, "ce-bare").version == 2
    asked, broken_off = stores.audit.entries()
    assert broken_off.action == f"{asked.action} failed"
    assert broken_off.subject == asked.subject
    assert "the champion of before goes on (OSError)" in broken_off.reason
