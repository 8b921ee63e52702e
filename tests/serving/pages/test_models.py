"""The shelf as people see it: who answers, how well, who waits, what is broken."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from models.shelf import Entry, publish, store
from serving.app import create_app
from serving.champions import Champions, champions_on


@pytest.fixture
def shelf(tmp_path, champion_maker):
    """Return a shelf whose champion has a predecessor and a challenger."""
    champion = champion_maker("ce-bare")
    sha256 = champion.predictor.save(tmp_path / "made")
    for version, put in ((1, publish), (2, publish), (3, store)):
        put(
            tmp_path / "shelf",
            Entry("ce-bare", version, f"run-{version}", sha256),
            tmp_path / "made",
        )
    return tmp_path / "shelf"


@pytest.fixture
def shown(settings, shelf, stores):
    app = create_app(
        replace(settings, shelf=shelf, mlflow_url="http://localhost:5000"),
        champions_on(shelf),
        stores=stores,
    )
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_scores_stand_beside_their_baselines(keeper):
    page = keeper.get("/pages/models").text
    assert "ce-bare" in page
    assert "held_out" in page
    assert "0.1" in page


def test_challengers_history_and_moves_are_offered(shown):
    page = shown.get("/pages/models").text
    assert "1 challenger" not in page  # the one before and the one that waits are two
    assert "2 challengers" in page
    assert 'data-send="/v1/models/ce-bare/promote"' in page
    assert 'data-send="/v1/models/ce-bare/rollback"' in page
    assert "http://localhost:5000/#/search/runs/run-2" in page


def test_a_broken_model_says_why(keeper):
    page = keeper.get("/pages/models").text
    assert "cannot answer" in page
    assert "stale; retrain" in page


def test_without_a_model_it_says_how_to_train_one(settings):
    with TestClient(create_app(settings, Champions()), base_url="http://localhost") as client:
        page = client.get("/pages/models").text
    assert "No trained model is ready" in page
    assert "seicast demo" in page
