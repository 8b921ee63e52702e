"""Jobs as people see them: what is done, why it ended, what to do then."""

import pytest

REQUEST = {"target": "cycle_life", "tier": "recipe", "cells": {"lab": "ours"}}
RIVALS = [
    {"name": "dummy", "is_beaten": True, "why": "0.5 of the dummy's",
     "compared": {"rmse": 0.1, "rmse_other": 0.2, "probability_better": 0.99}},
    {"name": "cycle_life v1", "is_beaten": False, "why": "the champion is better",
     "compared": None},
]  # fmt: skip


@pytest.fixture
def ended(stores):
    """Return a function that brings a job to an end."""

    def end(state, message="so it was", result=None):
        job = stores.jobs.submit(REQUEST, actor="ann")
        stores.jobs.take("w")
        return stores.jobs.end(job.job_id, "w", message, state=state, result=result)

    return end


def test_no_job_says_how_to_ask_for_one(keeper):
    assert "No job was asked for yet" in keeper.get("/pages/jobs").text


def test_a_job_under_way_is_followed_and_can_be_cancelled(keeper, stores):
    job = stores.jobs.submit(REQUEST, actor="ann")
    page = keeper.get("/pages/jobs").text
    assert f'data-events="/v1/retraining-jobs/{job.job_id}/events"' in page
    assert f'data-send="/v1/retraining-jobs/{job.job_id}/cancel"' in page
    assert "asked by ann" in page


def test_only_a_few_jobs_are_followed_at_once(keeper, stores):
    """Each holds a connection of the few that there are."""
    for _ in range(10):
        stores.jobs.submit(REQUEST, actor="ann")
    assert keeper.get("/pages/jobs").text.count("data-events=") == 4


def test_a_refusal_shows_the_gates_table(keeper, ended):
    ended("refused", result={"model": "m", "version": 2, "run_id": "r", "rivals": RIVALS})
    page = keeper.get("/pages/jobs").text
    assert "the champion is better" in page
    assert "0.99" in page
    assert "--force" in page


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_end_nobody_wanted_says_why_and_what_to_do(keeper, ended, state):
    ended(state, "worker w is gone; all 3 attempts are used up <b>")
    page = keeper.get("/pages/jobs").text
    assert "all 3 attempts are used up &lt;b&gt;" in page
    assert "sk again" in page


def test_jobs_are_filtered_by_state(keeper, ended):
    ended("promoted")
    assert keeper.get("/pages/jobs", params={"state": "promoted"}).text.count("<article") == 1
    assert "No job is failed" in keeper.get("/pages/jobs", params={"state": "failed"}).text
    assert keeper.get("/pages/jobs", params={"state": "guessed"}).status_code == 422
