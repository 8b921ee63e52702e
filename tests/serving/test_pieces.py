"""A reply in pieces is the reply in one."""

import asyncio
import json

import pytest

from serving.answers import MOST_AT_ONCE
from serving.pieces import reply_in_pieces
from serving.schemas import EXAMPLE_CELL


def sent(response):
    """Return what a response sends."""
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(response({"type": "http"}, None, send))
    return messages


@pytest.mark.parametrize("pieces", [[b"{}"], [b"", b"x"], [b"ab", b"c", b"", b"def"]])
def test_length_and_content_are_those_of_the_whole(pieces):
    head, *bodies = sent(reply_in_pieces(pieces))
    heads = dict(head["headers"])
    assert b"".join(each["body"] for each in bodies) == b"".join(pieces)
    assert int(heads[b"content-length"]) == len(b"".join(pieces))
    assert heads[b"content-type"] == b"application/json"
    assert [each.get("more_body", False) for each in bodies] == [True] * (len(bodies) - 1) + [False]


def test_cells_of_several_pieces_are_answered_as_each_alone(post):
    """Some that differ in numbers, and as many of other fields."""
    cells = []
    for number in range(2 * MOST_AT_ONCE + 3):
        cell = json.loads(json.dumps({**EXAMPLE_CELL, "cell_id": f"c{number}"}))
        cell["recipe"]["coating"]["thickness_nm"] = 100.0 + number
        cells.append(cell)
    others = [
        {**cell, "recipe": {**cell["recipe"], "coating": None}} if number % 2 else cell
        for number, cell in enumerate(cells)
    ]
    for some in (cells, others):
        found = post("/v1/predictions", {"cells": some, "explain": False}).json()["cells"]
        assert [each["cell_id"] for each in found] == [each["cell_id"] for each in some]
        for number in (0, MOST_AT_ONCE - 1, MOST_AT_ONCE, len(some) - 1):
            alone = post("/v1/predictions", {"cells": [some[number]], "explain": False}).json()
            assert alone["cells"] == [found[number]]
