"""What is called plain holds nothing that the thorough check would refuse."""

import json
from dataclasses import replace

import orjson
import pytest

from serving.bodies import parse_body
from serving.errors import MalformedBody
from serving.plain_json import is_plain, plain_tree
from serving.schemas import EXAMPLE_CELL, PredictionRequest
from serving.settings import Settings
from tests.serving.damaged_json import damaged

SETTINGS = Settings()
BODY = {"cells": [EXAMPLE_CELL], "level": 0.8, "targets": ["cycle_life"]}


@pytest.mark.parametrize("path", [(), ("cells", 0), ("cells", 0, "recipe", "coating")])
def test_a_field_that_stands_twice_is_seen_at_every_depth(path):
    """Both fields have one value, so that nothing but the text tells them apart."""
    text = json.dumps(BODY)
    node = BODY
    for part in path:
        node = node[part]
    name, value = next(iter(node.items()))
    field = f"{json.dumps(name)}: {json.dumps(value)}"
    doubled = text.replace(field, f"{field}, {field}", 1)
    assert json.loads(doubled) == BODY
    assert plain_tree(text.encode(), SETTINGS) == BODY
    assert plain_tree(doubled.encode(), SETTINGS) is None
    with pytest.raises(MalformedBody):
        parse_body(doubled.encode(), PredictionRequest, SETTINGS)


def test_an_escaped_colon_cannot_stand_for_a_doubled_field():
    """Such a text has one colon less than its meaning, and a doubled field one more."""
    text = rb'{"a":1,"a":2,"b":"x\u003ay"}'
    assert orjson.dumps(orjson.loads(text)).count(b":") == text.count(b":")
    assert plain_tree(text, SETTINGS) is None


@pytest.mark.parametrize(
    "text", [b"1", b"null", b'"text"', b"", b"[1,]", b"\xff", b"1e999", b"NaN"]
)
def test_only_whole_objects_and_lists_are_plain(text):
    assert not is_plain(text, SETTINGS)


def test_nothing_damaged_in_its_form_is_plain():
    for name, text in damaged(BODY):
        if name in ("cut in the middle", "goes on", "twice", "a field twice", "too deep", "blank"):
            assert not is_plain(text, SETTINGS), name


@pytest.mark.parametrize(("depth", "is_right"), [(15, True), (16, True), (17, False)])
def test_depth_is_bounded_as_by_the_thorough_check(depth, is_right):
    assert is_plain(b"[" * depth + b"]" * depth, SETTINGS) == is_right


def test_lists_are_bounded_save_columns_of_measured_numbers():
    few = replace(SETTINGS, max_cells=3)
    assert is_plain(b'{"cells":[1,2,3]}', few)
    assert not is_plain(b'{"cells":[1,2,3,4]}', few)
    assert is_plain(b'{"cycling":{"voltage_volt":[1,2,3,4]}}', few)


def test_fields_are_bounded():
    body = json.dumps({f"f{number}": 1 for number in range(30)}).encode()
    assert is_plain(body, replace(SETTINGS, max_fields=31))
    assert not is_plain(body, replace(SETTINGS, max_fields=30))
