"""Bodies that must be refused: with which status, naming which field and which bound."""

import json

import pytest

from serving.schemas import EXAMPLE_CELL

RECIPE = EXAMPLE_CELL["recipe"]
CYCLING = {
    "test_time_second": [0, 10, 20],
    "current_ampere": [-0.001, -0.001, 0.001],
    "voltage_volt": [-0.1, -0.1, 0.1],
}
SPECTRUM = {
    "frequency_hertz": [1e5, 1.0],
    "real_impedance_ohm": [5, 90],
    "imaginary_impedance_ohm": [-1, -3],
}
MAX_REPLY_BYTES = 16 * 1024


def body(**request):
    return json.dumps({"cells": [EXAMPLE_CELL], **request})


def cell(**changes):
    return json.dumps({"cells": [{**EXAMPLE_CELL, **changes}]})


def recipe(part, **changes):
    return cell(recipe={**RECIPE, part: {**RECIPE[part], **changes}})


def cycling(**changes):
    return cell(cycling={**CYCLING, **changes})


def spectrum(**changes):
    return cell(spectra=[{**SPECTRUM, **changes}])


def component(kind, **changes):
    return recipe("electrolyte", **{kind: [{**RECIPE["electrolyte"][kind][0], **changes}]})


def raw(text):
    """Return a body with a literal that Python's writer would not produce."""
    return recipe("coating", thickness_nm="HERE").replace('"HERE"', text)


THICKNESS = "cells[0].recipe.coating.thickness_nm"
PHASES = RECIPE["coating"]["phases"]
#: name -> body, status, and what the reply must name: the field, and its bound or the way out.
CASES = {
    # not JSON
    "empty": ("", 400, ["line 1"]),
    "blank": ("   ", 400, ["line 1"]),
    "cut_short": (body()[:-1], 400, ["line 1"]),
    "trailing_garbage": (body() + "x", 400, ["Extra data"]),
    "two_documents": (body() + body(), 400, ["Extra data"]),
    "single_quotes": (body().replace('"', "'"), 400, ["line 1"]),
    "trailing_comma": (body()[:-1] + ",}", 400, ["line 1"]),
    "comment": ("/* cells */" + body(), 400, ["line 1"]),
    "byte_order_mark": (b"\xef\xbb\xbf" + body().encode(), 400, ["BOM"]),
    "not_utf8": (b'{"cells": "\xff"}', 400, ["Byte 11", "UTF-8"]),
    "utf16": (body().encode("utf-16"), 400, ["UTF-8"]),
    "lone_surrogate": (cell(cell_id="A").replace('"A"', r'"\ud800"'), 400, ["hex escape"]),
    "control_character": (body().replace("Cu3N-SBR-1", "a\nb"), 400, ["control character"]),
    "deep_lists": ("[" * 17 + "]" * 17, 400, ["16 levels"]),
    "deep_objects": ('{"a":' * 17 + "1" + "}" * 17, 400, ["16 levels"]),
    "bomb": ("[" * 50_000 + "]" * 50_000, 400, ["16 levels"]),
    "open_bomb": ("[" * 50_000, 400, ["16 levels"]),
    "doubled_field": (body()[:-1] + ',"level":0.8,"level":0.9}', 400, ["'level'", "twice"]),
    "doubled_field_escaped": (
        body()[:-1] + r',"level":0.8,"\u006cevel":0.9}',
        400,
        ["'level'", "twice"],
    ),
    # too much
    "too_many_brackets": ('{"a":[' + "[]," * 100_000 + "[]]}", 413, ["100000"]),
    "too_many_fields": (json.dumps({f"a{n}": 1 for n in range(100_001)}), 413, ["100000 fields"]),
    "huge": (b" " * (8 * 1024 * 1024 + 1), 413, ["8388608 bytes"]),
    "too_many_cells": (json.dumps({"cells": [EXAMPLE_CELL] * 1001}), 422, ["cells", "1000"]),
    "too_many_phases": (recipe("coating", phases=[1] * 1001), 422, ["phases", "1001", "1000"]),
    "too_many_rows": (
        cycling(**{name: [0] * 5001 for name in CYCLING}),
        422,
        ["5001 rows", "at most 5000"],
    ),
    # no numbers
    "nan": (raw("NaN"), 422, [THICKNESS, "finite"]),
    "infinity": (raw("Infinity"), 422, [THICKNESS, "finite"]),
    "minus_infinity": (raw("-Infinity"), 422, [THICKNESS, "finite"]),
    "overflow": (raw("1e999"), 422, [THICKNESS, "finite"]),
    "integer_beyond_doubles": (raw("9" * 400), 422, [THICKNESS, "finite"]),
    "integer_beyond_parsers": (raw("9" * 5000), 400, ["number out of range", "line 1"]),
    "nan_in_a_column": (
        cycling(voltage_volt=[0, 0, float("nan")]),
        422,
        ["cells[0].cycling.voltage_volt[2]", "finite"],
    ),
    "nan_in_a_spectrum": (
        spectrum(real_impedance_ohm=[float("nan"), 1]),
        422,
        ["cells[0].spectra[0].real_impedance_ohm[0]", "finite"],
    ),
    "level_nan": (body(level=float("nan")), 422, ["level"]),
    # wrong types
    "list": ("[1, 2]", 422, ["body", "object"]),
    "number": ("1", 422, ["body", "object"]),
    "null": ("null", 422, ["body", "object"]),
    "cells_object": (json.dumps({"cells": EXAMPLE_CELL}), 422, ["cells", "array"]),
    "cell_is_text": (json.dumps({"cells": ["B12"]}), 422, ["cells[0]", "object"]),
    "number_as_text": (raw('"400"'), 422, [THICKNESS, "number"]),
    "true_for_number": (raw("true"), 422, [THICKNESS, "number", "true"]),
    "list_for_number": (raw("[400]"), 422, [THICKNESS, "number"]),
    "false_in_a_column": (
        cycling(current_ampere=[False, 0, 0]),
        422,
        ["cells[0].cycling.current_ampere[0]", "number"],
    ),
    "null_in_a_column": (
        cycling(current_ampere=[0, None, 0]),
        422,
        ["cells[0].cycling.current_ampere[1]", "number"],
    ),
    "column_is_number": (cycling(voltage_volt=3.7), 422, ["voltage_volt", "array"]),
    "cycling_is_list": (cell(cycling=[[1, 2]]), 422, ["cells[0].cycling", "object"]),
    "recipe_is_list": (cell(recipe=[]), 422, ["cells[0].recipe", "object"]),
    "fraction_cycle": (spectrum(cycle=1.5), 422, ["cells[0].spectra[0].cycle", "integer"]),
    "huge_cycle": (spectrum(cycle=10**400), 422, ["cells[0].spectra[0].cycle", "1000000"]),
    "unknown_cell_type": (
        recipe("cell", type="Li-Cu"),
        422,
        ["cells[0].recipe.cell.type", "Li||Cu"],
    ),
    "unknown_unit": (
        component("salts", unit="M"),
        422,
        ["cells[0].recipe.electrolyte.salts[0].unit", "mol_per_L"],
    ),
    # fields nobody knows, at each level
    "unknown_in_request": (body(targtes=["cycle_life"]), 422, ["targtes", "targets"]),
    "unknown_in_cell": (cell(area=0.5), 422, ["cells[0].area", "area_cm2"]),
    "unknown_in_recipe": (
        cell(recipe={**RECIPE, "binder": "SBR"}),
        422,
        ["cells[0].recipe.binder", "coating"],
    ),
    "unknown_in_coating": (
        recipe("coating", thickness_um=1),
        422,
        ["cells[0].recipe.coating.thickness_um", "thickness_nm"],
    ),
    "unknown_in_phase": (
        recipe("coating", phases=[{**PHASES[0], "wt": 0.9}]),
        422,
        ["cells[0].recipe.coating.phases[0].wt", "weight_fraction"],
    ),
    "unknown_in_component": (
        component("salts", molarity=1),
        422,
        ["cells[0].recipe.electrolyte.salts[0].molarity", "amount"],
    ),
    "unknown_in_protocol": (
        recipe("protocol", c_rate=1),
        422,
        ["cells[0].recipe.protocol.c_rate", "current_density_mA_cm2"],
    ),
    "unknown_in_spectrum": (
        spectrum(phase_degree=[1, 2]),
        422,
        ["cells[0].spectra[0].phase_degree", "frequency_hertz"],
    ),
    "unknown_in_source": (
        cell(source={"kind": "measured", "label": 0.99}),
        422,
        ["cells[0].source.label", "doi"],
    ),
    "unknown_column": (
        cycling(voltage_mV=[1, 2, 3]),
        422,
        ["cells[0]", "voltage_mV", "voltage_volt"],
    ),
    # missing or empty
    "no_cells": ("{}", 422, ["cells", "required"]),
    "empty_cells": ('{"cells": []}', 422, ["cells", "at least 1"]),
    "no_recipe": ('{"cells": [{"cell_id": "A"}]}', 422, ["cells[0].recipe", "required"]),
    "no_cell_type": (
        cell(recipe={"cell": {}}),
        422,
        ["cells[0].recipe.cell.type", "required"],
    ),
    "empty_id": (cell(cell_id=""), 422, ["cells[0].cell_id", "at least 1"]),
    "long_id": (cell(cell_id="a" * 201), 422, ["cells[0].cell_id", "200"]),
    "line_break_in_id": (cell(cell_id="a\r\nb"), 422, ["cells[0].cell_id", "pattern"]),
    "same_id_twice": (
        json.dumps({"cells": [EXAMPLE_CELL, EXAMPLE_CELL]}),
        422,
        ["cells[1].cell_id", "id already"],
    ),
    "missing_column": (
        cell(cycling={"voltage_volt": [1], "test_time_second": [1]}),
        422,
        ["cells[0]", "current_ampere"],
    ),
    "no_columns": (cell(cycling={}), 422, ["cells[0]", "test_time_second"]),
    "empty_column": (cycling(voltage_volt=[]), 422, ["voltage_volt", "at least 1"]),
    "empty_targets": (body(targets=[]), 422, ["targets", "at least 1"]),
    # lengths
    "columns_of_two_lengths": (
        cycling(voltage_volt=[0.1]),
        422,
        ["cells[0].cycling", "voltage_volt has 1", "test_time_second has 3"],
    ),
    "spectrum_of_two_lengths": (
        spectrum(frequency_hertz=[1]),
        422,
        ["cells[0].spectra[0]", "frequency_hertz has 1", "real_impedance_ohm has 2"],
    ),
    # units and bounds
    "millivolt_for_volt": (
        cycling(voltage_volt=[3700, 3700, 3700]),
        422,
        ["cells[0]", "voltage_volt is 3700", "-10 to 10"],
    ),
    "milliampere_for_ampere": (
        cycling(current_ampere=[-500, 0, 500]),
        422,
        ["cells[0]", "current_ampere", "200", "1000"],
    ),
    "milliampere_against_the_protocol": (
        cycling(current_ampere=[-0.08, 0, 0.08]),
        422,
        ["cells[0]", "160 mA/cm2", "states 1 mA/cm2"],
    ),
    "percent_for_weight_fraction": (
        recipe("coating", phases=[{**PHASES[0], "weight_fraction": 90}]),
        422,
        ["cells[0].recipe.coating.phases[0].weight_fraction", "0 to 1"],
    ),
    "fractions_beyond_one": (
        recipe("coating", phases=[PHASES[0], PHASES[0]]),
        422,
        ["cells[0].recipe.coating.phases", "1.800", "1"],
    ),
    "percent_for_amount": (
        component("additives", amount=10),
        422,
        ["cells[0].recipe.electrolyte.additives[0]", "weight_fraction is 10", "0 to 1"],
    ),
    "negative_thickness": (raw("-1"), 422, [THICKNESS, "0.1 to 100000"]),
    "kelvin_for_degC": (
        recipe("protocol", temperature_degC=298.15),
        422,
        ["cells[0].recipe.protocol.temperature_degC", "-80 to 150"],
    ),
    "ampere_per_square_metre": (
        recipe("protocol", current_density_mA_cm2=1000),
        422,
        ["cells[0].recipe.protocol.current_density_mA_cm2", "100"],
    ),
    "no_area": (cell(area_cm2=0), 422, ["cells[0]", "area_cm2 is 0", "1e-4 to 1e4"]),
    "time_runs_back": (
        cycling(test_time_second=[0, 20, 10]),
        422,
        ["cells[0]", "test_time_second", "row 2"],
    ),
    "negative_time": (
        cycling(test_time_second=[-5, 0, 5]),
        422,
        ["cells[0]", "test_time_second is -5", "0 to"],
    ),
    "negative_frequency": (
        spectrum(frequency_hertz=[1e5, -1]),
        422,
        ["cells[0].spectra[0]", "frequencies", "1e8 Hz"],
    ),
    "zero_frequency": (
        spectrum(frequency_hertz=[1e5, 0]),
        422,
        ["cells[0].spectra[0]", "frequencies", "0 Hz"],
    ),
    "negative_cycle": (spectrum(cycle=-1), 422, ["cells[0].spectra[0].cycle", "0"]),
    "level_in_percent": (body(level=90), 422, ["level", "0.99", "90"]),
    "level_too_low": (body(level=0.1), 422, ["level", "0.5"]),
    "long_text": (
        recipe("coating", process="a" * 100_000),
        422,
        ["cells[0].recipe.coating.process", "200"],
    ),
    # names nobody has
    "unknown_target": (
        body(targets=["ce"]),
        422,
        ["targets", "coulombic_efficiency", "cycle_life"],
    ),
    "unknown_model": (body(model="best"), 422, ["model", "ce-bare"]),
    "target_of_another_model": (
        body(model="ce-bare", targets=["cycle_life"]),
        422,
        ["targets", "coulombic_efficiency"],
    ),
}


def check_problem(reply, status, facts):
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert len(reply.content) <= MAX_REPLY_BYTES
    assert {"type", "title", "status", "detail"} <= set(reply.json())
    assert "Traceback" not in reply.text
    for fact in facts:
        assert fact in json.dumps(reply.json(), ensure_ascii=False).replace('\\"', '"'), reply.text


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_body_is_refused_by_name_and_bound(post, name):
    """Who sent it learns which field, what is allowed, and can mend it without asking."""
    sent, status, facts = CASES[name]
    check_problem(post("/v1/predictions", sent), status, facts)


@pytest.mark.parametrize(
    ("sent", "facts"),
    [
        ({"names": ["initial_ce"]}, ["names", "initial_ce_fraction"]),
        ({"n_cycles": 0}, ["n_cycles", "1"]),
        ({"n_cycles": 2.5}, ["n_cycles", "integer"]),
        ({"level": 0.9}, ["level", "unknown field", "n_cycles"]),
    ],
)
def test_descriptor_requests_are_held_to_the_same_law(post, sent, facts):
    check_problem(post("/v1/descriptors", {"cells": [EXAMPLE_CELL], **sent}), 422, facts)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": ""},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonp"},
        {"content-encoding": "br"},
        {"content-encoding": "gzip, gzip"},
    ],
)
def test_other_media_are_refused(post, headers):
    """A browser's form can send text without asking."""
    check_problem(post("/v1/predictions", body(), **headers), 415, ["application/json"])


@pytest.mark.parametrize(
    ("sent", "status", "facts"),
    [
        (cycling().replace('"voltage_volt"', '"current_ampere"'), 400, ["current_ampere", "twice"]),
        (cycling().replace("-0.1, -0.1", "-0.1,, -0.1"), 400, ["line 1"]),
        (cycling().replace("-0.1, -0.1", "-0.1e, -0.1"), 400, ["line 1"]),
        (cycling().replace("[-0.1", "[[-0.1"), 400, ["line 1"]),
        (cycling().replace("-0.1, -0.1, 0.1]", "-0.1, -0.1, 0.1"), 400, ["line 1"]),
    ],
)
def test_what_is_wrong_with_a_long_column_is_found_too(post, sent, status, facts):
    """Columns of numbers are left out of the first look at a body, and their names are not."""
    assert sent != cycling()
    check_problem(post("/v1/predictions", sent), status, facts)


def test_a_text_that_looks_like_a_column_stays_a_text(post):
    text = 'a"voltage_volt": [1, 2]'
    reply = post("/v1/descriptors", cell(cell_id=text))
    assert reply.json()["cells"][0]["cell_id"] == text


def test_a_stated_charset_is_no_hindrance(post):
    headers = {"content-type": "application/json; charset=utf-8"}
    assert post("/v1/predictions", body(), **headers).status_code == 200


def test_many_problems_are_told_by_the_first_ten(post):
    """A wrong export repeats one mistake in every cell."""
    cells = [{**EXAMPLE_CELL, "cell_id": f"{n}", "area": 1} for n in range(50)]
    reply = post("/v1/predictions", {"cells": cells})
    check_problem(reply, 422, ["50 field", "cells[9].area"])
    assert len(reply.json()["problems"]) == 10


def test_refused_text_does_not_come_back(post):
    """An echo grows with the body, and carries markup into whatever shows it."""
    sent = recipe("coating", thickness_nm="<script>" + "x" * 1000)
    assert "<script>" not in post("/v1/predictions", sent).text


def test_a_refusal_stays_small_whatever_the_script_of_the_names(post):
    """Characters beyond ASCII take up to four bytes each."""
    sent = {"cells": [EXAMPLE_CELL], **{f"{n}" + "\U0001f50b" * 5000: 1 for n in range(50)}}
    check_problem(post("/v1/predictions", sent), 422, ["unknown field"])


@pytest.mark.parametrize("value", [1e-300, 1e300, 1.7e308, 5e-324])
def test_extreme_but_finite_numbers_are_refused_or_answered(post, value):
    """What is finite alone may overflow in a sum or a square."""
    sent = [spectrum(real_impedance_ohm=[value, -value]), cycling(current_ampere=[0, 0, value])]
    sent += [spectrum(frequency_hertz=[value, 1]), cycling(test_time_second=[0, 0, value])]
    for text in sent:
        for path in ("/v1/descriptors", "/v1/predictions"):
            assert post(path, text).status_code in (200, 422)


def test_a_failure_of_the_service_shows_an_id_and_nothing_else(post, monkeypatch):
    """The traceback belongs in the log; its id leads there."""

    def fail(*_):
        raise RuntimeError("secret")

    monkeypatch.setattr("serving.answers.answered", fail)
    reply = post("/v1/predictions", body())
    check_problem(reply, 500, ["Failure", "log"])
    assert "secret" not in reply.text


JUNK = (None, True, -1, 0, 1e308, 10**30, "", "x" * 300, [], [[]], [None], {}, {"a": 1}, "\x00")


def _paths(node, path=()):
    """Yield the path of every node of a body."""
    yield path
    if isinstance(node, dict | list):
        for key in node if isinstance(node, dict) else range(len(node)):
            yield from _paths(node[key], (*path, key))


def _replaced(node, path, value):
    """Return a copy of a body with another value at a path."""
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = _replaced(node[path[0]], path[1:], value)
    return copy


FULL = {
    "cells": [{**EXAMPLE_CELL, "cycling": CYCLING, "spectra": [SPECTRUM]}],
    "targets": ["cycle_life"],
    "level": 0.9,
    "model": "life-virtual",
}


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(junk)[:20])
def test_junk_in_any_place_is_answered_or_refused(post, junk):
    """No combination of place and value may surprise the service."""
    for path in _paths(FULL):
        reply = post("/v1/predictions", _replaced(FULL, path, junk))
        assert reply.status_code in (200, 400, 422), (path, reply.text)
        assert len(reply.content) <= MAX_REPLY_BYTES
