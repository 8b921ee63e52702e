"""A scan as columns gets the very numbers that its cells get one by one."""

import itertools
import json
from dataclasses import fields

import pytest

from serving.column_schemas import COLUMNAR_EXAMPLE, PARTS, ColumnarReply, Columns
from serving.schemas import EXAMPLE_CELL

PATH = "/v1/predictions/columnar"
THICKNESS, CURRENT = "coating.thickness_nm", "protocol.current_density_mA_cm2"


def columnar(**changes):
    return {**COLUMNAR_EXAMPLE, **changes}


def one_by_one(thickness_nm, current_mA_cm2):
    recipe = EXAMPLE_CELL["recipe"]
    cells = [
        {
            "cell_id": f"{number}",
            "recipe": {
                **recipe,
                "coating": {**recipe["coating"], "thickness_nm": thickness},
                "protocol": {**recipe["protocol"], "current_density_mA_cm2": current},
            },
        }
        for number, (thickness, current) in enumerate(
            zip(thickness_nm, current_mA_cm2, strict=True)
        )
    ]
    return {"cells": cells}


def test_columns_are_answered_like_the_cells_they_stand_for(post):
    thickness_nm, current_mA_cm2 = zip(
        *itertools.product([None, 200, 1000], [0.3, 1.0, None]), strict=True
    )
    columns = {THICKNESS: thickness_nm, CURRENT: current_mA_cm2}
    found = post(PATH, columnar(columns=columns)).json()
    expected = post("/v1/predictions", one_by_one(thickness_nm, current_mA_cm2)).json()["cells"]
    assert found["cell_ids"] == [cell["cell_id"] for cell in expected]
    for number, column in enumerate(found["predictions"]):
        answers = [cell["predictions"][number] for cell in expected]
        for name in ("value", "lower", "upper", "in_domain"):
            assert column[name] == [answer[name] for answer in answers]
        for row, answer in enumerate(answers):
            assert column["reasons"].get(str(row), []) == answer["reasons"]
            assert column["notes"].get(str(row), []) == answer["notes"]
            assert column["models"][column["model"][row]]["model"] == answer["model"]


def test_a_reply_has_the_fields_of_its_schema_and_no_other(post):
    for n_cells in (2, 40):
        columns = {CURRENT: [0.1 + 0.2 * number for number in range(n_cells)]}
        reply = post(PATH, columnar(columns=columns))
        whole = ColumnarReply.model_validate_json(reply.content)
        assert json.loads(whole.model_dump_json()) == reply.json()


def test_few_cells_and_many_get_the_same_numbers(post):
    """Few are asked one by one, many as a scan."""
    columns = {THICKNESS: [100.0 * (1 + number) for number in range(20)]}
    (many, *_) = post(PATH, columnar(columns=columns)).json()["predictions"]
    for row in (0, 7, 19):
        one_row = {THICKNESS: columns[THICKNESS][row : row + 1]}
        (alone, *_) = post(PATH, columnar(columns=one_row)).json()["predictions"]
        for name in ("value", "lower", "upper", "in_domain"):
            assert alone[name] == many[name][row : row + 1]
        assert alone["reasons"].get("0") == many["reasons"].get(str(row))
        assert alone["notes"].get("0") == many["notes"].get(str(row))


def test_every_field_of_a_recipe_can_be_a_column():
    """A field that somebody adds to a recipe is a column without another word."""
    expected = {f"{part}.{field.name}" for part, of in PARTS.items() for field in fields(of)}
    assert {field.alias for field in Columns.model_fields.values()} == expected


def test_ten_thousand_cells_fit(post):
    columns = {CURRENT: [0.1 + 0.0001 * number for number in range(10_000)]}
    reply = post(PATH, columnar(columns=columns, targets=["cycle_life"]))
    assert reply.status_code == 200
    assert len(reply.json()["predictions"][0]["value"]) == 10_000
    too_many = post(PATH, columnar(columns={CURRENT: [0.1] * 10_001}))
    assert too_many.status_code == 422
    assert "10000" in too_many.text


def test_a_coating_may_stand_in_columns_alone(post):
    phases = EXAMPLE_CELL["recipe"]["coating"]["phases"]
    sent = {"recipe": {"cell": {"type": "Li||Cu"}}, "columns": {"coating.phases": [phases, []]}}
    assert post(PATH, sent).status_code == 200
    sent["columns"] = {THICKNESS: [1, 2]}
    refused = post(PATH, sent)
    assert refused.status_code == 422
    assert "phases" in refused.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {}}, "at least one"),
        ({"columns": {THICKNESS: []}}, "at least 1"),
        ({"columns": {THICKNESS: [1, 2], CURRENT: [1]}}, "one length"),
        ({"columns": {THICKNESS: [1, -2]}}, "columns.coating, row 1"),
        ({"columns": {THICKNESS: [1, "thick"]}}, "columns.coating.thickness_nm[1]"),
        ({"columns": {THICKNESS: [True]}}, "columns.coating.thickness_nm[0]"),
        ({"columns": {"coating.thickness": [1]}}, "coating.thickness_nm"),
        ({"columns": {"coating_thickness_nm": [1]}}, "unknown field"),
        ({"columns": [[1]]}, "columns"),
        ({"cell_ids": ["a", "a", "b"]}, "more than once"),
        ({"cell_ids": ["a"]}, "one length"),
        ({"cell_ids": []}, "cell_ids"),
        ({"targets": ["colour"]}, "cycle_life"),
        ({"model": "best"}, "ce-bare"),
        ({"level": 90}, "level"),
        ({"recipe": None}, "recipe"),
        ({"cells": []}, "unknown field"),
    ],
)
def test_columns_that_cannot_be_are_refused_by_name(post, changes, said):
    reply = post(PATH, columnar(**changes))
    assert reply.status_code == 422, reply.text
    assert said in reply.text
    assert len(reply.content) <= 16 * 1024


def test_a_level_that_the_groups_cannot_carry_is_refused(post):
    assert post(PATH, columnar(level=0.99)).status_code == 422
