"""Cells told apart by splitting are those that are told apart by reading, or are left to that."""

import json
import re

import pytest

from serving.scan_bodies import _cell, _matched, _split
from serving.schemas import EXAMPLE_CELL
from serving.split_cells import ID, _is_plain


def as_body(changes, separators=None):
    """Return cells like the example, each with its own numbers, and further fields."""
    cells = []
    for row, change in enumerate(changes):
        cell = json.loads(json.dumps({**EXAMPLE_CELL, "cell_id": f"c{row}"}))
        for name, value in change.items():
            part, _, field = name.rpartition(".")
            (cell["recipe"][part] if part else cell)[field] = value
        cells.append(cell)
    return json.dumps({"cells": cells, "level": 0.8}, separators=separators).encode()


def read(body):
    """Return what both ways make of a body."""
    start = re.compile(rb'"cells":\s*\[').search(body).end()
    first = _cell(body, start, b"cell_id")
    return _split(first, body, start, b"cell_id"), _matched(first, body, start)


GRIDS = {
    "one number": [{"coating.thickness_nm": 100 + row} for row in range(30)],
    "numbers and blanks": [
        {"coating.thickness_nm": 100.5 + row, "area_cm2": [None, 0.5, 2][row % 3]}
        for row in range(30)
    ],
    "three": [
        {
            "coating.thickness_nm": 10.0**row,
            "protocol.current_density_mA_cm2": 0.1 + row,
            "protocol.temperature_degC": 20 + row,
        }
        for row in range(4)
    ],
    "ids alone": [{}] * 30,
}


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("name", GRIDS)
def test_both_ways_tell_the_same_texts(name, separators):
    body = as_body(GRIDS[name], separators)
    (texts, end), (all_texts, _) = read(body)
    assert texts == {name: all_texts[name] for name in texts}
    constant = {name for name, column in all_texts.items() if len(set(column)) == 1}
    assert constant | set(texts) == set(all_texts)
    assert body[end:].lstrip().startswith(b',"level"' if separators else b', "level"')


@pytest.mark.parametrize(
    "changes",
    [
        [{"coating.process": process} for process in ("dip", "spin", "cast")],  # words differ
        [{}, {}, {"coating.process": "spin"}],  # a later cell differs in another fact
        [{"cell_id": "same"}] * 3,
    ],
)
def test_other_lists_are_left_to_reading(changes):
    assert read(as_body(changes))[0] is None


@pytest.mark.parametrize(
    ("name", "texts", "is_plain"),
    [
        (ID, [b'"a"', b'"b"'], True),
        (ID, [b'"a', b'b"'], False),
        (ID, [b'"a","b"', b'"c"'], False),
        (ID, [b'"', b'"a"'], False),
        (ID, [b"null", b'"a"'], False),
        ("thickness_nm", [b"1", b"null", b"-2.5e3"], True),
        ("thickness_nm", [b"1,2", b"3"], False),
        ("thickness_nm", [b" -0", b"3"], False),
        ("thickness_nm", [b'"1"', b"3"], False),
        ("thickness_nm", [b"[1]", b"3"], False),
    ],
)
def test_a_piece_that_is_not_one_id_or_number_is_not_taken(name, texts, is_plain):
    assert _is_plain(name, texts) is is_plain
