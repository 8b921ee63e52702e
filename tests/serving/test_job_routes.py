"""A retraining job is asked for once, watched to its end, cancelled with a reason."""

import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from serving import job_routes
from serving.app import create_app
from serving.service import Stores
from store.audit import AuditLog
from store.cells import CellStore
from store.jobs import JobQueue
from store.migrations import open_database

PATH = "/v1/retraining-jobs"
REQUEST = {"target": "cycle_life", "cells": {"lab": "ours"}}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(job_routes, "POLL_S", 0.01)


def test_a_job_is_accepted_and_found_where_it_is_said_to_be(keeper):
    reply = keeper.post(PATH, json=REQUEST)
    assert reply.status_code == 202
    found = keeper.get(reply.headers["location"]).json()
    assert found == reply.json()
    assert found["state"] == "queued"
    assert found["request"] == {"target": "cycle_life", "tier": "recipe", "cells": {"lab": "ours"}}
    assert [job["job_id"] for job in keeper.get(PATH).json()["jobs"]] == [found["job_id"]]


def test_a_repeated_request_with_its_key_makes_one_job(keeper):
    headers = {"Idempotency-Key": "monday"}
    ids = {keeper.post(PATH, json=REQUEST, headers=headers).json()["job_id"] for _ in range(3)}
    assert len(ids) == 1
    other = keeper.post(PATH, json={"target": "coulombic_efficiency"}, headers=headers)
    assert other.status_code == 409


@pytest.mark.parametrize(
    "body", [{}, {"target": 3}, {"target": "cycle_life", "cell": {}}, {"target": ""}, []]
)
def test_a_request_that_is_none_is_refused(keeper, body):
    assert keeper.post(PATH, json=body).status_code == 422
    assert keeper.get(PATH).json()["jobs"] == []


@pytest.mark.parametrize(
    ("field", "asked", "allowed"),
    [
        ("target", {"target": "../../etc/passwd"}, "delta_lce"),
        ("target", {"target": "cycles"}, "cycle_life"),
        ("tier", {"target": "cycle_life", "tier": "../x"}, "20_cycles_and_spectra"),
        ("cells.cell_type", {"target": "cycle_life", "cells": {"cell_type": "zz"}}, "Li||LTO"),
    ],
)
def test_what_nothing_is_trained_for_is_refused_at_once_with_what_is(keeper, field, asked, allowed):
    """Accepted, it would wait for a worker, and fail in an hour."""
    reply = keeper.post(PATH, json=asked)
    assert reply.status_code == 422
    (problem,) = reply.json()["problems"]
    assert problem["where"] == field
    assert f"'{allowed}'" in problem["problem"]
    assert keeper.get(PATH).json()["jobs"] == []


def test_a_full_queue_asks_for_patience_and_knows_its_keys_all_the_same(
    settings, champions, stores
):
    app = create_app(replace(settings, max_queued_jobs=1), champions, stores=stores)
    with TestClient(app, base_url="http://localhost") as client:
        headers = {"Idempotency-Key": "monday"}
        first = client.post(PATH, json=REQUEST, headers=headers)
        refused = client.post(PATH, json=REQUEST)
        again = client.post(PATH, json=REQUEST, headers=headers)
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:seicast:full-queue"
    assert int(refused.headers["retry-after"]) > 0
    assert again.json() == first.json()


def test_a_store_that_another_holds_is_asked_again_and_read_meanwhile(
    settings, champions, tmp_path
):
    """A failure of 30 s would hold a place of the service each time."""
    url = f"sqlite:///{tmp_path / 'seicast.db'}"
    other, cells = open_database(url), CellStore(open_database(url, 0.1), str(tmp_path / "raw"))
    stores = Stores(cells, JobQueue(cells.database), AuditLog(cells.database))
    app = create_app(settings, champions, stores=stores)
    with TestClient(app, base_url="http://localhost") as client:
        with other.writing():
            refused = client.post(PATH, json=REQUEST)
            assert client.get(PATH).json() == {"jobs": []}
        assert refused.status_code == 503
        assert refused.json()["type"] == "urn:seicast:busy-store"
        assert int(refused.headers["retry-after"]) > 0
        assert client.post(PATH, json=REQUEST).status_code == 202
    cells.close()
    other.close()


@pytest.mark.parametrize("key", ["é", "a\tb", "k" * 201])
def test_a_key_is_printable_ascii_for_jobs_as_for_cells(keeper, cell_body, key):
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert keeper.post(PATH, json=REQUEST, headers=headers).status_code == 422
    cell = {"cell": cell_body}
    assert keeper.post("/v1/cells", json=cell, headers=headers).status_code == 422
    assert keeper.get(PATH).json()["jobs"] == []


@pytest.mark.parametrize("reason", ["ab\ncd", "ab\0cd", "    ", "ab\u2028cd"])
def test_a_reason_is_one_line_that_says_something(keeper, reason):
    """It goes to the audit log, a line each."""
    job_id = keeper.post(PATH, json=REQUEST).json()["job_id"]
    assert keeper.post(f"{PATH}/{job_id}/cancel", json={"reason": reason}).status_code == 422
    assert keeper.get(f"{PATH}/{job_id}").json()["state"] == "queued"


@pytest.mark.parametrize("path", ["", "/events", "/cancel"])
@pytest.mark.parametrize("job_id", ["%00", "a%0Ab"])
def test_an_id_with_control_characters_is_refused(keeper, job_id, path):
    """PostgreSQL cannot even be asked for a text with a NUL."""
    address = f"{PATH}/{job_id}{path}"
    body = {"reason": "the wrong cells"}
    reply = keeper.post(address, json=body) if path == "/cancel" else keeper.get(address)
    assert reply.status_code == 422


def test_the_cells_of_a_job_are_named_without_control_characters(keeper):
    cells = {"lab": "a\0b"}
    assert keeper.post(PATH, json={**REQUEST, "cells": cells}).status_code == 422


def test_the_events_of_a_job_are_told_until_it_ends(keeper, stores):
    job_id = keeper.post(PATH, json=REQUEST).json()["job_id"]
    stores.jobs.take("w")
    stores.jobs.tell(job_id, "w", "scoring", state="evaluating", progress_fraction=0.5)
    stores.jobs.end(job_id, "w", "worse than the champion", state="refused", result={"p": 0.2})
    reply = keeper.get(f"{PATH}/{job_id}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
    assert [event["state"] for event in told] == ["queued", "running", "evaluating", "refused"]
    later = keeper.get(f"{PATH}/{job_id}/events", headers={"Last-Event-ID": "3"}).text
    assert later.count("data: ") == 1
    assert "id: 4" in later


@pytest.mark.parametrize("number", ["1_0", "+1", "007", "1.0", "1e2", "\u0663", "-1", "all", ""])
def test_the_last_event_is_named_in_plain_digits(keeper, number):
    """Python reads 1_0 as ten; a client that wrote it would miss nine events."""
    job_id = keeper.post(PATH, json=REQUEST).json()["job_id"]
    headers = {"Last-Event-ID": number.encode()}
    reply = keeper.get(f"{PATH}/{job_id}/events", headers=headers)
    assert reply.status_code == 422
    assert reply.json()["problems"][0]["where"] == "header.last-event-id"


def test_a_job_is_cancelled_with_a_reason(keeper, stores):
    job_id = keeper.post(PATH, json=REQUEST).json()["job_id"]
    assert keeper.post(f"{PATH}/{job_id}/cancel", json={}).status_code == 422
    cancelled = keeper.post(f"{PATH}/{job_id}/cancel", json={"reason": "the wrong cells"})
    assert cancelled.json()["state"] == "cancelled"
    again = keeper.post(f"{PATH}/{job_id}/cancel", json={"reason": "the wrong cells"})
    assert again.status_code == 409
    assert stores.audit.verify() == []


def test_jobs_are_listed_by_state(keeper):
    keeper.post(PATH, json=REQUEST)
    assert len(keeper.get(PATH, params={"state": "queued"}).json()["jobs"]) == 1
    assert keeper.get(PATH, params={"state": "promoted"}).json()["jobs"] == []
    lost = keeper.get(PATH, params={"state": "lost"})
    assert lost.status_code == 422
    assert "queued" in lost.text


@pytest.mark.parametrize("path", ["", "/events"])
def test_a_job_nobody_asked_for_is_404(keeper, path):
    assert keeper.get(f"{PATH}/none{path}").status_code == 404
