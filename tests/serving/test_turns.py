"""Requests of one turn share a batch, and nothing else: neither answers nor errors."""

import asyncio
import json

import pytest

from features.errors import LevelNotSupported
from serving import answers
from serving.errors import InvalidRequest
from serving.metrics import Metrics
from serving.quick_bodies import quick_request
from serving.schemas import EXAMPLE_CELL
from serving.settings import Settings
from serving.turns import MOST_OF_A_TURN, Turns


def asked(number=0, **terms):
    recipe = EXAMPLE_CELL["recipe"]
    coating = {**recipe["coating"], "thickness_nm": 100.0 + number}
    cell = {"cell_id": f"c{number}", "recipe": {**recipe, "coating": coating}}
    return quick_request(json.dumps({"cells": [cell], **terms}).encode(), Settings())


@pytest.fixture
def batches(monkeypatch):
    """Return how many cells each call of the predictors got."""
    sizes, answered = [], answers.answered

    def counted(cells, terms, champions):
        sizes.append(len(cells))
        return answered(cells, terms, champions)

    monkeypatch.setattr(answers, "answered", counted)
    return sizes


def at_once(turns, requests):
    """Return what requests come to that are made in one turn of the loop."""

    async def run():
        waiting = [turns.answered(request) for request in requests]
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(run())


@pytest.fixture
def turns(champions):
    return Turns(lambda: champions, Metrics())


def test_requests_of_one_turn_are_one_batch_and_get_the_bits_they_get_alone(turns, batches):
    requests = [asked(number) for number in range(7)]
    together = at_once(turns, requests)
    assert batches == [7]
    assert together == [at_once(turns, [request])[0] for request in requests]


def test_who_comes_a_turn_later_than_several_joins_them(turns, batches):
    async def run():
        early = [asyncio.create_task(turns.answered(asked(number))) for number in range(2)]
        await asyncio.sleep(0)
        late = asyncio.create_task(turns.answered(asked(2)))
        return await asyncio.gather(*early, late)

    asyncio.run(run())
    assert batches == [3]


def test_who_is_alone_waits_for_nobody(turns, batches):
    async def run():
        early = asyncio.create_task(turns.answered(asked(0)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = asyncio.create_task(turns.answered(asked(1)))
        await asyncio.gather(early, late)

    asyncio.run(run())
    assert batches == [1, 1]


def test_more_than_a_turn_holds_wait_for_the_next(turns, batches):
    found = at_once(turns, [asked(number) for number in range(MOST_OF_A_TURN + 3)])
    assert batches == [MOST_OF_A_TURN, 3]
    assert [json.loads(each)["cells"][0]["cell_id"] for each in found] == [
        f"c{number}" for number in range(MOST_OF_A_TURN + 3)
    ]


def test_an_error_is_of_the_request_that_meets_it_alone(turns):
    requests = [asked(0), asked(1, level=0.99), asked(2, targets=["colour"]), asked(3)]
    first, level, target, last = at_once(turns, requests)
    assert isinstance(level, LevelNotSupported)
    assert isinstance(target, InvalidRequest)
    assert first == at_once(turns, requests[:1])[0]
    assert last == at_once(turns, requests[3:])[0]


def test_a_cell_at_which_a_predictor_fails_fails_alone(turns, monkeypatch):
    answered = answers.answered

    def failing(cells, terms, champions):
        if any(cell.cell_id == "c1" for cell in cells):
            raise ZeroDivisionError
        return answered(cells, terms, champions)

    monkeypatch.setattr(answers, "answered", failing)
    found = at_once(turns, [asked(number) for number in range(3)])
    assert [isinstance(each, ZeroDivisionError) for each in found] == [False, True, False]


def test_who_left_is_not_answered_and_holds_nobody_up(turns, batches):
    async def run():
        gone = asyncio.create_task(turns.answered(asked(0)))
        stays = asyncio.create_task(turns.answered(asked(1)))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert json.loads(asyncio.run(run()))["cells"][0]["cell_id"] == "c1"
    assert batches == [1]


def test_predictions_of_a_turn_are_counted(champions):
    metrics = Metrics()
    at_once(Turns(lambda: champions, metrics), [asked(number) for number in range(3)])
    counted = [
        float(line.rpartition(" ")[2])
        for line in metrics.page().decode().splitlines()
        if line.startswith("seicast_predictions_total{") and 'model="ce-virtual"' in line
    ]
    assert sum(counted) == 3
