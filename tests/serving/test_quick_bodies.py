"""The quick reader says what the schema says, or nothing at all."""

import json
from dataclasses import replace

import pytest

from features.errors import SeicastError
from serving.bodies import parse_body, to_records
from serving.errors import InvalidRequest, MalformedBody
from serving.quick_bodies import quick_request
from serving.schemas import EXAMPLE_CELL, PredictionRequest
from serving.settings import Settings
from tests.serving.damaged_json import damaged
from tests.serving.test_malformed_bodies import CASES

SETTINGS = Settings()
BODY = {"cells": [EXAMPLE_CELL], "level": 0.8, "targets": ["cycle_life"]}


def as_bytes(sent):
    return sent if isinstance(sent, bytes) else sent.encode()


def whole(body):
    """Return what the schema makes of a body: the terms, and the facts of each cell."""
    asked = parse_body(body, PredictionRequest, SETTINGS)
    return asked.model_dump(exclude={"cells"}), facts(to_records(asked.cells, SETTINGS))


def facts(cells):
    return [(cell.cell_id, cell.recipe, cell.source, cell.area_cm2) for cell in cells]


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        {"cells": [EXAMPLE_CELL, {**EXAMPLE_CELL, "cell_id": "B"}]},
        {"cells": [{"cell_id": "x", "recipe": {"cell": {"type": "Li||Cu"}}}], "explain": False},
        {"cells": [{**EXAMPLE_CELL, "area_cm2": 2}], "model": "ce: with a colon, and {[]}"},
        {"cells": [{**EXAMPLE_CELL, "area_cm2": None, "cell_id": "Zelle \u00e4 \U0001f50b"}]},
        {"cells": [{**EXAMPLE_CELL, "recipe": {**EXAMPLE_CELL["recipe"], "coating": None}}]},
    ],
)
def test_what_it_reads_is_what_the_schema_reads(body):
    text = json.dumps(body, ensure_ascii=False).encode()
    quick = quick_request(text, SETTINGS)
    terms, cells = whole(text)
    assert quick.terms.model_dump() == terms
    assert facts(quick.cells) == cells


def test_numbers_keep_their_bits():
    for number in (0.1, 1 / 3, 1e-1, 5e-324 + 0.1, 123.45678901234567, 7):
        cell = {**EXAMPLE_CELL, "area_cm2": number}
        text = json.dumps({"cells": [cell]}).encode()
        assert quick_request(text, SETTINGS).cells[0].area_cm2 == number


@pytest.mark.parametrize("name", CASES)
def test_it_reads_nothing_that_the_schema_refuses(name):
    text = as_bytes(CASES[name][0])
    try:
        whole(text)
    except SeicastError:
        assert quick_request(text, SETTINGS) is None


@pytest.mark.parametrize(("name", "text"), list(damaged(BODY)))
def test_it_reads_nothing_that_is_damaged(name, text):
    assert quick_request(text, SETTINGS) is None


def test_measured_cells_are_left_to_the_other_reader():
    for more in ({"cycling": None}, {"spectra": []}, {"source": {"kind": "measured"}}):
        text = json.dumps({"cells": [{**EXAMPLE_CELL, **more}]}).encode()
        assert quick_request(text, SETTINGS) is None


@pytest.mark.parametrize("bounds", [{"max_cells": 600}, {"max_fields": 20}])
def test_its_bounds_are_those_of_the_service(bounds):
    bare = {"recipe": {"cell": {"type": "Li||Cu"}}}
    text = json.dumps({"cells": [{"cell_id": f"{n}", **bare} for n in range(601)]}).encode()
    assert quick_request(text, SETTINGS) is not None
    assert quick_request(text, replace(SETTINGS, **bounds)) is None


def test_a_part_that_came_before_is_the_same_object():
    """That is what makes it quick; parts are frozen, so nobody can change it for others."""
    text = json.dumps({"cells": [EXAMPLE_CELL]}).encode()
    one, other = (quick_request(text, SETTINGS).cells[0].recipe for _ in range(2))
    assert one.electrolyte is other.electrolyte
    assert one.coating is other.coating


def test_a_list_within_a_recipe_has_the_bound_of_all_lists():
    """What is remembered is at most 2 KiB long, and so is every list in it."""
    phases = [{"name": "a", "weight_fraction": 0.01, "role": None}] * 100
    recipe = {**EXAMPLE_CELL["recipe"], "coating": {"phases": phases}}
    text = json.dumps({"cells": [{**EXAMPLE_CELL, "recipe": recipe}]}).encode()
    assert quick_request(text, SETTINGS) is None
    for bounds in ({"max_cells": 1}, {"max_depth": 6}):
        with pytest.raises((InvalidRequest, MalformedBody)):
            parse_body(json.dumps(BODY).encode(), PredictionRequest, replace(SETTINGS, **bounds))
        assert quick_request(json.dumps(BODY).encode(), replace(SETTINGS, **bounds)) is None
