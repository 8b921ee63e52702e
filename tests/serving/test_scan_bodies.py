"""Many cells read as columns are the cells that the schema reads, or are not read at all."""

import copy
import json
import re

import numpy as np
import pytest

from features.errors import InvalidRecord, SeicastError
from features.scan import PARTS, Scan
from serving import scan_bodies
from serving.bodies import parse_body, to_records
from serving.quick_bodies import quick_request, request_of_numbers
from serving.scan_bodies import FEWEST, LONGEST, scan_of
from serving.schemas import EXAMPLE_CELL, PredictionRequest
from serving.settings import Settings

SETTINGS = Settings()
N_CELLS = FEWEST + 3
PHASES = EXAMPLE_CELL["recipe"]["coating"]["phases"]
#: A column of each kind, one value a cell.
COLUMNS = {
    "coating.thickness_nm": [100.5 + number for number in range(N_CELLS)],
    "coating.youngs_modulus_GPa": [None, 1, 0.25] * 9,
    "coating.process": ["spin coating", None, "\u00e4 \U0001f50b: {[]}"] * 9,
    "coating.phases": [PHASES, [], PHASES] * 9,
    "cell.type": ["Li||Cu", "Li||Li", "Li||LTO"] * 9,
    "electrolyte.salts": [
        [{"name": "LiFSI", "amount": 1 + number, "unit": "mol_per_L"}] for number in range(N_CELLS)
    ],
    "protocol.ce_method": ["aurbach", None, "cycle_average"] * 9,
    "area_cm2": [0.5, 2, None] * 9,
}


def cells_with(**columns):
    """Return cells that differ in these columns."""
    cells = []
    for row in range(N_CELLS):
        cell = copy.deepcopy({**EXAMPLE_CELL, "cell_id": f"c{row}"})
        for name, column in columns.items():
            part, _, field = name.rpartition(".")
            (cell["recipe"][part] if part else cell)[field] = column[row]
        cells.append(cell)
    return cells


def as_bytes(cells, indent=None, separators=None, **terms):
    body = {"cells": cells, **terms}
    return json.dumps(body, indent=indent, separators=separators, ensure_ascii=False).encode()


def facts(cells):
    return [(cell.cell_id, cell.recipe, cell.source, cell.area_cm2) for cell in cells]


def whole(text):
    """Return what the schema makes of the cells of a body."""
    return facts(to_records(parse_body(text, PredictionRequest, SETTINGS).cells, SETTINGS))


@pytest.mark.parametrize("style", [{}, {"separators": (",", ":")}, {"indent": 2}])
@pytest.mark.parametrize("names", [[], *([name] for name in COLUMNS), list(COLUMNS)])
def test_what_it_reads_is_what_the_schema_reads(names, style):
    text = as_bytes(cells_with(**{name: COLUMNS[name] for name in names}), **style, level=0.8)
    asked = quick_request(text, SETTINGS)
    assert isinstance(asked.cells, Scan)
    assert facts(asked.cells) == whole(text)
    assert asked.terms.level == 0.8


@pytest.mark.parametrize("names", [[], *([name] for name in COLUMNS), list(COLUMNS)])
def test_of_numbers_alone_it_reads_ids_and_numbers(names):
    text = as_bytes(cells_with(**{name: COLUMNS[name] for name in names}))
    asked = request_of_numbers(text, SETTINGS, N_CELLS)
    assert request_of_numbers(text, SETTINGS, N_CELLS - 1) is None
    numbers = {"coating.thickness_nm", "coating.youngs_modulus_GPa", "area_cm2"}
    # What is blank in one of the first two cells alone is seen to differ there, or not at all.
    assert (asked is not None) == (set(names) <= numbers)
    assert asked is None or facts(asked.cells) == whole(text)


def test_what_stands_before_the_cells_is_read_as_well():
    text = json.dumps({"explain": False, "cells": cells_with()}).encode()
    assert not quick_request(text, SETTINGS).terms.explain


def test_a_pattern_is_all_that_the_cells_share():
    """Ids and columns make no other; whatever else is written otherwise does."""

    def pattern(change=lambda cells: None, numbers=COLUMNS["coating.thickness_nm"], **style):
        cells = cells_with(**{"coating.thickness_nm": numbers})
        change(cells)
        return quick_request(as_bytes(cells, **style), SETTINGS).cells.pattern

    def shared(part, name, value):
        return lambda cells: [cell["recipe"][part].update({name: value}) for cell in cells]

    known = pattern()
    assert pattern(numbers=[each + 7 for each in COLUMNS["coating.thickness_nm"]]) == known
    assert pattern(lambda cells: [cell.update(cell_id="x" + cell["cell_id"]) for cell in cells],
                   level=0.8) == known  # fmt: skip
    others = [
        pattern(shared("protocol", "temperature_degC", 0.0)),
        pattern(shared("protocol", "temperature_degC", -0.0)),
        pattern(shared("coating", "process", "dip")),
        pattern(shared("protocol", "ce_method", None)),
        pattern(lambda cells: [cell.update(area_cm2=2.0) for cell in cells]),
        pattern(lambda cells: [cell.pop("area_cm2") for cell in cells]),
        pattern(separators=(",", ":")),
    ]
    assert len({known, *others}) == 1 + len(others)


@pytest.mark.parametrize("zero", ["-0.0", "-1e-400"])
def test_a_negative_zero_is_left_to_others(zero):
    cells = cells_with(**{"protocol.temperature_degC": [5.5 + row for row in range(N_CELLS)]})
    text = as_bytes(cells).replace(b"7.5", zero.encode(), 1)
    asked = quick_request(text, SETTINGS)
    assert not isinstance(asked.cells, Scan)
    assert str(asked.cells[2].recipe.protocol.temperature_degC) == "-0.0"


def test_numbers_keep_their_bits():
    numbers = [1000 / (3 + number) for number in range(N_CELLS - 2)] + [7, 123.45678901234567]
    text = as_bytes(cells_with(**{"coating.thickness_nm": numbers}))
    found = [cell.recipe.coating.thickness_nm for cell in quick_request(text, SETTINGS).cells]
    assert found == numbers
    assert {type(each) for each in found} == {float}


WRONG = (True, "1", [], {}, [1], -1, 1e300, 10**30, -0.0, "", "x" * 300, "\x00", None, [None])


@pytest.mark.parametrize("row", [0, 7, N_CELLS - 1])
@pytest.mark.parametrize("name", [*COLUMNS, "cell_id"])
def test_it_reads_nothing_that_the_schema_refuses(name, row):
    """One wrong value among right ones: refused, or read as the schema reads it."""
    part, _, field = name.rpartition(".")
    for value in WRONG:
        cells = cells_with(**{"coating.thickness_nm": COLUMNS["coating.thickness_nm"]})
        (cells[row]["recipe"][part] if part else cells[row])[field] = value
        text = as_bytes(cells)
        asked = quick_request(text, SETTINGS)
        try:
            expected = whole(text)
        except SeicastError:
            expected = None
        assert asked is None or facts(asked.cells) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"c7"', b'"c6"'),
        (b'"c7"', b'"c7\x7f"'),
        (b'"c7"', b'"c\xff"'),
        (b'"c7"', b'"c7", "cell_id": "c7"'),
        (b'"c7"', b'"c7", "cycling": null'),
        (b"107.5", b"0107.5"),
        (b"107.5", b"107.5.5"),
        (b"107.5", b"+107.5"),
        (b"107.5", b"NaN"),
        (b"107.5", b"107.5, "),
        (b"107.5", b'107.5, "thickness_nm": 1'),
        (b'"weight_fraction": 0.9', b'"weight_fraction": 0.9, "weight_fraction": 0.9'),
        (b'}, {"cell_id": "c7"', b'} {"cell_id": "c7"'),
        (b'}, {"cell_id": "c7"', b'},, {"cell_id": "c7"'),
        (b'}, {"cell_id": "c7"', b'}], {"cell_id": "c7"'),
        (b'}, {"cell_id": "c7"', b'}, null, {"cell_id": "c7"'),
        (b'}, {"cell_id": "c7"', b'},\x0b{"cell_id": "c7"'),
        (b'}], "level"', b'}, ], "level"'),
        (b'"level"', b'"cells": [], "level"'),
        (b'"level"', b'"colour": 1, "level"'),
    ],
)
def test_it_reads_nothing_that_is_damaged(old, new):
    cells = cells_with(**{"coating.thickness_nm": COLUMNS["coating.thickness_nm"]})
    text = as_bytes(cells, level=0.8)
    assert old in text
    assert quick_request(text, SETTINGS) is not None
    assert quick_request(text.replace(old, new, 1), SETTINGS) is None


def test_a_list_cut_off_anywhere_is_not_read():
    text = as_bytes(cells_with())
    for end in range(len(text) - 1500, len(text), 7):
        assert quick_request(text[:end], SETTINGS) is None


def test_cells_of_several_patterns_are_left_to_others():
    cells = cells_with()
    del cells[3]["recipe"]["coating"]
    text = as_bytes(cells)
    with pytest.raises((scan_bodies.NotPlainError, InvalidRecord)):
        scan_of(text, SETTINGS)
    assert facts(quick_request(text, SETTINGS).cells) == whole(text)


def test_a_long_first_cell_makes_no_pattern(monkeypatch):
    """What a pattern costs grows with its text."""
    monkeypatch.setattr(scan_bodies, "_pattern", None)
    cells = [{**cell, "x" * LONGEST: 1} for cell in cells_with()]
    assert quick_request(as_bytes(cells), SETTINGS) is None


def test_no_two_facts_have_one_name():
    """A gap is known by the name of its fact alone."""
    assert len(scan_bodies._FACTS) == sum(len(kind.__dataclass_fields__) for kind in PARTS.values())


#: What stands where something else is expected.
ODDITIES = [
    *(
        b"null",
        b"0",
        b"-0",
        b"-0.0",
        b"1.0",
        b"1e3",
        b"01",
        b".5",
        b"+1",
        b"1e999",
        b"NaN",
        b"true",
    ),
    *(b'""', b'"a"', b'"\\u0041"', b"[]", b"{}", b"[1]", b",", b":", b"}", b"{", b"]", b"[", b'"'),
    *(
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b'"cells":[',
        b'"cell_id":"x"',
        b'"area_cm2":1,',
    ),
    *(b'"thickness_nm":5,', b'"phases":[]', b'"coating":null', b'"spectra":[]', b"5e-324"),
]
_VALUE = re.compile(rb'-?\d[\d.eE+-]*|"[^"]*"|null')


def edited(text, rng):
    """Return a body in which a thing or two were put in, taken out, exchanged, or said twice."""
    body, values = bytearray(text), _VALUE.findall(text)
    for _ in range(rng.integers(1, 3)):
        start, length = int(rng.integers(len(body))), int(rng.integers(1, 40))
        odd = ODDITIES[rng.integers(len(ODDITIES))]
        value = _VALUE.search(body, start)
        match int(rng.integers(6)):
            case 0:
                body[start:start] = odd
            case 1:
                body[start] = int(rng.integers(256))
            case 2:
                del body[start : start + length]
            case 3 if value is not None:
                body[value.start() : value.end()] = odd
            case 4 if value is not None:
                body[value.start() : value.end()] = values[rng.integers(len(values))]
            case _:
                other = int(rng.integers(len(body)))
                body[start:start] = body[other : other + length]
    return bytes(body)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_it_reads_after_random_edits_the_schema_reads_too(seed):
    rng = np.random.default_rng(seed)
    names = rng.choice(list(COLUMNS), size=2, replace=False)
    text = as_bytes(cells_with(**{name: COLUMNS[name] for name in names}), explain=False)
    n_read = 0
    for _ in range(800):
        body = edited(text, rng)
        found = quick_request(body, SETTINGS)
        if found is not None:
            n_read += 1
            assert facts(found.cells) == whole(body)
    assert n_read  # some edits leave a right body
