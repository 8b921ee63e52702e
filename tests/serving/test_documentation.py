"""The page must work on a cycler's computer without internet."""

import json
import re
from pathlib import Path

import pytest

OWN_FILES = ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/favicon-32x32.png")


def test_the_page_names_no_foreign_host(client):
    reply = client.get("/docs")
    assert reply.status_code == 200
    assert not re.search(r"(https?:)?//", reply.text)


def test_the_page_names_only_files_that_the_service_has(client):
    page = client.get("/docs").text
    for reference in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert client.get(f"/{reference}").status_code == 200


@pytest.mark.parametrize("path", OWN_FILES)
def test_the_pages_files_are_real(client, path):
    assert len(client.get(path).content) > 500


def test_the_browser_is_told_to_load_nothing_from_elsewhere(client):
    policy = client.get("/docs").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_the_start_leads_to_the_pages_for_people_and_on_to_this_one(client):
    start = client.get("/")
    assert start.url.path == "/"
    assert 'href="/docs"' in start.text


@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/descriptors"])
def test_bodies_are_documented_with_schema_and_example(client, post, path):
    """The service parses them itself, so nobody else would document them."""
    content = client.get("/openapi.json").json()["paths"][path]["post"]["requestBody"]["content"]
    assert content["application/json"]["schema"]["$ref"].endswith("Request")
    assert post(path, content["application/json"]["example"]).status_code == 200


def test_every_reference_of_the_document_exists(client):
    reply = client.get("/openapi.json")
    names = set(re.findall(r'"#/components/schemas/(\w+)"', reply.text))
    assert names == names & set(reply.json()["components"]["schemas"])


def test_every_problem_is_documented_as_problem_json(client):
    for path in client.get("/openapi.json").json()["paths"].values():
        for operation in path.values():
            failures = {s: r for s, r in operation["responses"].items() if s >= "400"}
            assert all(
                list(r["content"]) == ["application/problem+json"] for r in failures.values()
            )


def test_the_document_shows_the_bounds_of_raw_columns(client):
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    columns = schemas["CellIn"]["properties"]["cycling"]["anyOf"][0]["properties"]
    assert columns["voltage_volt"]["items"] == {"type": "number", "minimum": -10, "maximum": 10}


def test_the_fields_of_the_interface_are_those_written_down(client):
    """Clients hold these names; a rename inside is a breaking change outside.

    ``interface.json`` is part of the interface: change it by hand, with the changelog.
    """
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    fields = {name: list(schema.get("properties", ())) for name, schema in sorted(schemas.items())}
    assert fields == json.loads(Path(__file__).with_name("interface.json").read_text())
