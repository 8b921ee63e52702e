"""A retraining job is asked for once, watched to its end, cancelled with a reason."""

import json

import pytest

from serving import job_routes

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
