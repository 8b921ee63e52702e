"""Lists of kept cells: filtered, paged, refused by field."""

import pytest

from serving.schemas import EXAMPLE_CELL


def add(client, cell_id="A1", **more):
    return client.post("/v1/cells", json={"cell": {**EXAMPLE_CELL, "cell_id": cell_id}, **more})


def test_lists_are_filtered_and_paged(keeper):
    for number in range(5):
        add(keeper, f"A{number}", outcome={"ce_fraction": 0.97} if number else None)
    first = keeper.get("/v1/cells", params={"limit": 2}).json()
    assert [cell["cell_id"] for cell in first["cells"]] == ["A0", "A1"]
    rest = keeper.get("/v1/cells", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [cell["cell_id"] for cell in rest["cells"]] == ["A2", "A3", "A4"]
    assert rest["next_cursor"] is None
    assert keeper.get("/v1/cells", params={"coating_phase": "Cu3N"}).json()["n_cells"] == 5
    assert keeper.get("/v1/cells", params={"lab": "elsewhere"}).json()["cells"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 1001},
        {"limit": "many"},
        {"cursor": "nonsense!"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"kind": "guessed"},
        {"has_life": "perhaps"},
        {"coating_phase": "Cu3N\nSBR"},
        {"lab": "\x00"},
    ],
)
def test_a_list_that_cannot_be_made_is_refused_by_field(keeper, query):
    reply = keeper.get("/v1/cells", params=query)
    assert reply.status_code == 422
    assert next(iter(query)) in reply.text
