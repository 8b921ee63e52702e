"""The shelf as the service finds it, and what it says about its health."""

import dataclasses
import json

import pytest
from starlette.testclient import TestClient

from models import shelf as shelf_folder
from models.bundle import bundle_sha256
from serving.app import create_app
from serving.champions import Champions, champions_on
from serving.settings import Settings


@pytest.fixture
def shelf(tmp_path, champion_maker):
    """Return a shelf with two real bundles."""
    for name in ("ce-bare", "ce-other"):
        champion = champion_maker(name)
        bundle = tmp_path / "bundles" / name
        champion.predictor.save(bundle)
        entry = dataclasses.replace(champion.entry, bundle_sha256=bundle_sha256(bundle))
        shelf_folder.publish(tmp_path / "shelf", entry, bundle)
    return tmp_path / "shelf"


def test_a_published_predictor_answers(shelf, post, cell_body):
    with TestClient(create_app(Settings(shelf=shelf)), base_url="http://localhost") as client:
        reply = client.post("/v1/predictions", json={"cells": [cell_body], "model": "ce-bare"})
    expected = post("/v1/predictions", {"cells": [cell_body], "model": "ce-bare"}).json()
    answer, same = (r["cells"][0]["predictions"][0] for r in (reply.json(), expected))
    assert answer["value"] == same["value"]


@pytest.mark.parametrize("damage", ["entry", "bundle", "lost"])
def test_a_broken_model_leaves_the_others_at_work(shelf, damage):
    """One bad copy must not take the service down."""
    if damage == "entry":
        (shelf / "ce-other" / "champion.json").write_text("{")
    elif damage == "lost":
        (shelf / "ce-other" / "v3").rename(shelf / "elsewhere")
    else:
        file = next(path for path in (shelf / "ce-other" / "v3").rglob("*") if path.is_file())
        file.write_bytes(file.read_bytes() + b" ")
    with TestClient(create_app(Settings(shelf=shelf)), base_url="http://localhost") as client:
        ready = client.get("/health/ready")
        listed = client.get("/v1/models").json()
    assert ready.status_code == 200
    assert ready.json()["models"] == ["ce-bare"]
    assert [model["name"] for model in ready.json()["broken"]] == ["ce-other"]
    assert listed["broken"] == ready.json()["broken"]


def test_replies_do_not_name_folders_of_the_server(shelf):
    (shelf / "ce-other" / "champion.json").write_text("{")
    assert str(shelf) not in json.dumps(dict(champions_on(shelf).broken))


def test_without_a_model_the_service_lives_but_is_not_ready(tmp_path, cell_body):
    with TestClient(
        create_app(Settings(shelf=tmp_path / "none")), base_url="http://localhost"
    ) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/v1/models").json() == {"models": [], "broken": []}
        asked = client.post("/v1/predictions", json={"cells": [cell_body]})
        for reply in (client.get("/health/ready"), asked):
            assert reply.status_code == 503
            assert "seicast demo" in reply.json()["detail"]
            assert "seicast train" in reply.json()["detail"]


def test_without_a_model_descriptors_are_still_computed(tmp_path, cell_body):
    with TestClient(
        create_app(Settings(shelf=tmp_path / "none")), base_url="http://localhost"
    ) as client:
        assert client.post("/v1/descriptors", json={"cells": [cell_body]}).status_code == 200


def test_if_all_models_are_broken_the_reason_is_told():
    with TestClient(
        create_app(Settings(), Champions({}, {"a": "made by other versions"})),
        base_url="http://localhost",
    ) as client:
        reply = client.get("/health/ready")
    assert reply.status_code == 503
    assert "made by other versions" in reply.json()["detail"]
