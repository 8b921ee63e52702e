"""One definition of a recipe: the border takes the inner dataclasses as they are."""

import json
from dataclasses import fields

import pytest
from pydantic import TypeAdapter, ValidationError

from features.recipe import (
    CellDesign,
    Coating,
    Component,
    Electrolyte,
    Phase,
    Protocol,
    Recipe,
    recipe_from_dict,
)
from features.records import Source
from serving.schemas import (
    DESCRIPTOR_EXAMPLE,
    EXAMPLE_CELL,
    PREDICTION_EXAMPLE,
    CellIn,
    DescriptorRequest,
    PredictionRequest,
)


@pytest.mark.parametrize(
    "record", [Recipe, Coating, Phase, Electrolyte, Component, CellDesign, Protocol, Source]
)
def test_the_schema_has_the_fields_of_the_record_and_no_other(record):
    schema = CellIn.model_json_schema()["$defs"][record.__name__]
    assert list(schema["properties"]) == [field.name for field in fields(record)]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('"thickness_nm": NaN', "finite_number"),
        ('"thickness_nm": "400"', "float_type"),
        ('"thickness_nm": true', "float_type"),
        ('"thickness": 400', "unexpected_keyword_argument"),
        (f'"process": "{"a" * 201}"', "string_too_long"),
    ],
)
def test_strictness_reaches_nested_dataclasses(text, error):
    """Pydantic hands a model's configuration on to plain dataclasses; if it stops, this fails."""
    body = '{"cell_id": "A", "recipe": {"cell": {"type": "Li||Cu"}, "coating": {"phases": [], %s}}}'
    with pytest.raises(ValidationError) as refusal:
        CellIn.model_validate_json(body % text)
    assert [detail["type"] for detail in refusal.value.errors()] == [error]


def test_a_sent_recipe_is_the_recipe_that_the_dictionary_reader_makes():
    """Replicates share the hash of their recipe, whichever way it came."""
    sent = CellIn.model_validate_json(json.dumps(EXAMPLE_CELL)).recipe
    assert sent.recipe_id == recipe_from_dict(TypeAdapter(Recipe).dump_python(sent)).recipe_id


@pytest.mark.parametrize(
    ("schema", "example"),
    [(PredictionRequest, PREDICTION_EXAMPLE), (DescriptorRequest, DESCRIPTOR_EXAMPLE)],
)
def test_the_documented_examples_are_valid(schema, example):
    assert schema.model_validate_json(json.dumps(example)).cells[0].to_record().area_cm2 == 0.5


def test_a_cell_without_source_counts_as_measured():
    cell = CellIn.model_validate_json(json.dumps(EXAMPLE_CELL)).to_record()
    assert cell.source == Source("measured")
