"""A model of few groups of cells carries no interval of 0.9: it is asked for less, or refuses."""

import pytest
from starlette.testclient import TestClient

from features.errors import LevelNotSupported
from serving.app import create_app
from serving.champions import Champions
from serving.schemas import EXAMPLE_CELL

BODY = {"cells": [EXAMPLE_CELL]}


@pytest.fixture(scope="module")
def champions(champion_maker):
    """Return a model of six groups, as a lab's first retraining gives, beside one of twelve."""
    made = [champion_maker("few", "cycle_life", n_groups=6), champion_maker("many")]
    return Champions({champion.entry.name: champion for champion in made})


@pytest.fixture
def client(settings, champions, stores):
    app = create_app(settings, champions, stores=stores)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def answers_by_model(reply):
    assert reply.status_code == 200, reply.text
    return {each["model"]["name"]: each for each in reply.json()["cells"][0]["predictions"]}


def test_unless_a_level_is_stated_each_model_answers_at_what_it_carries(client):
    """One small model must not silence all others."""
    found = answers_by_model(client.post("/v1/predictions", json=BODY))
    assert (found["few"]["level"], found["many"]["level"]) == (0.85, 0.9)
    assert (
        "one of 0.9 needs 9 groups of training cells, there are 6"
        in (found["few"]["chosen_because"])
    )
    assert "groups" not in found["many"]["chosen_because"]


def test_that_level_is_the_one_that_is_answered_when_it_is_stated(client):
    unstated = answers_by_model(client.post("/v1/predictions", json=BODY))["few"]
    stated = answers_by_model(client.post("/v1/predictions", json={**BODY, "level": 0.85}))["few"]
    assert {**unstated, "chosen_because": ""} == {**stated, "chosen_because": ""}


def test_a_stated_level_is_kept_or_refused(client):
    reply = client.post("/v1/predictions", json={**BODY, "level": 0.9})
    assert reply.status_code == 422
    assert "ask for 0.85 or less" in reply.json()["detail"]


def test_a_column_tells_its_level(client):
    body = {"recipe": EXAMPLE_CELL["recipe"], "columns": {"protocol.temperature_degC": [20, 30]}}
    found = client.post("/v1/predictions/columnar", json=body).json()["predictions"]
    assert {each["target"]: each["level"] for each in found} == {
        "coulombic_efficiency": 0.9,
        "cycle_life": 0.85,
    }


def test_a_kept_cell_is_answered(client):
    assert client.post("/v1/cells", json={"cell": EXAMPLE_CELL}).status_code == 201
    reply = client.get(f"/v1/cells/{EXAMPLE_CELL['cell_id']}/predictions")
    assert answers_by_model(reply)["few"]["level"] == 0.85


def test_a_predictor_does_as_the_service(champions, cell_maker):
    predictor = champions.named("few").predictor
    (answer,) = predictor.predict([cell_maker()])
    assert answer.level == 0.85
    assert predictor.columns([cell_maker()]).level == 0.85
    with pytest.raises(LevelNotSupported):
        predictor.predict([cell_maker()], 0.9)


def test_a_columns_level_is_that_of_the_model_that_answers(settings, champion_maker):
    """Bare cells go to one model, coated ones to another."""
    made = [
        champion_maker("bare", n_groups=6),
        champion_maker("coated", has_coated=True, kind="simulated"),
    ]
    champions = Champions({champion.entry.name: champion for champion in made})
    bare = {**EXAMPLE_CELL["recipe"], "coating": {"phases": []}}
    with TestClient(create_app(settings, champions), base_url="http://localhost") as client:
        levels = [
            client.post(
                "/v1/predictions/columnar",
                json={"recipe": recipe, "columns": {"protocol.temperature_degC": [20, 30]}},
            ).json()["predictions"][0]["level"]
            for recipe in (bare, EXAMPLE_CELL["recipe"])
        ]
    assert levels == [0.85, 0.9]
