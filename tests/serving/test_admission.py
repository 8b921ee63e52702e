"""A full service refuses at once and says so; who watches it is always answered."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

from starlette.testclient import TestClient

from serving import answers
from serving.app import create_app


def test_who_comes_beyond_the_capacity_is_refused_and_the_health_is_not(
    settings, champions, cell_body, monkeypatch
):
    entered, release = Event(), Event()
    predictions = answers.predictions

    def slow(*arguments):
        entered.set()
        release.wait(10)
        return predictions(*arguments)

    monkeypatch.setattr(answers, "predictions", slow)
    app = create_app(replace(settings, max_at_once=1), champions)
    with TestClient(app, base_url="http://localhost") as client, ThreadPoolExecutor(1) as pool:
        two = [cell_body, {**cell_body, "cell_id": "B"}]
        pending = pool.submit(client.post, "/v1/predictions", json={"cells": two})
        entered.wait(10)
        refused = client.get("/v1/models")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "urn:seicast:busy"
        assert client.get("/health/live").status_code == 200
        assert client.get("/metrics").status_code == 200
        release.set()
        assert pending.result().status_code == 200
        assert client.get("/v1/models").status_code == 200
