"""The page must work on a cycler's computer without internet."""

import inspect
import json
import re
from pathlib import Path

import pytest

from serving import (
    cell_data_routes,
    cell_routes,
    column_routes,
    drift_routes,
    job_routes,
    model_routes,
    routes,
)

MODULES = (
    cell_data_routes,
    cell_routes,
    column_routes,
    drift_routes,
    job_routes,
    model_routes,
    routes,
)
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


def operations(client):
    """Return the operations of the document by method and path."""
    paths = client.get("/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, found in paths.items()
        for method, operation in found.items()
    }


def test_every_operation_is_called_by_the_first_sentence_of_its_docstring(client):
    """A function's name says what it is to its module, not to who reads the list."""
    endpoints = {
        route.unique_id: route.endpoint for each in MODULES for route in each.router.routes
    }
    found = operations(client)
    for operation in found.values():
        endpoint = endpoints[operation["operationId"]]
        told = " ".join(inspect.getdoc(endpoint).replace("`", "").split())
        assert told.startswith(f"{operation['summary']}.")
        assert operation["summary"].casefold() != endpoint.__name__.replace("_", " ")
        rest = told.removeprefix(f"{operation['summary']}.").strip()
        assert " ".join(operation.get("description", "").replace("`", "").split()) == rest
    assert len({operation["summary"] for operation in found.values()}) == len(found)


def test_every_operation_is_among_others_of_its_kind_and_every_kind_is_explained(client):
    explained = {tag["name"]: tag["description"] for tag in client.app.openapi()["tags"]}
    used = [tag for operation in operations(client).values() for tag in operation["tags"]]
    assert len(used) == len(operations(client))
    assert set(used) == set(explained)
    assert all(explained.values())


def test_the_names_of_the_operations_are_those_written_down(client):
    """Generated clients call their functions by them; see the law of the fields below."""
    written = json.loads(Path(__file__).with_name("operations.json").read_text())
    assert {name: each["operationId"] for name, each in operations(client).items()} == written


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
