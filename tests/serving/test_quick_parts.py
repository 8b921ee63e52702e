"""Parts of recipes are checked once, and by the schema."""

import pytest
from pydantic import ValidationError

from features.errors import InvalidRecord
from features.recipe import Phase
from serving.quick_parts import MOST_BYTES, NotPlainError, cell_of, fact_of
from serving.schemas import EXAMPLE_CELL


def test_equal_texts_mean_one_object():
    """That is what makes it quick; facts are frozen, so nobody can change one for others."""
    text = b'[{"name":"LiF","weight_fraction":1}]'
    assert fact_of("coating.phases", text) == (Phase("LiF", 1.0),)
    assert fact_of("coating.phases", text) is fact_of("coating.phases", text)
    assert cell_of(EXAMPLE_CELL).recipe.coating is cell_of(EXAMPLE_CELL).recipe.coating


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cell.type", b'"Li||Xx"'),
        ("cell.type", b"null"),
        ("coating.process", b"1"),
        ("coating.process", b'"%b"' % (b"x" * 201)),
        ("coating.phases", b"null"),
        ("coating.phases", b'[{"name":"LiF","weight_fraction":"1"}]'),
        ("coating.phases", b'[{"name":"LiF","weight_fraction":2}]'),
        ("coating.phases", b'[{"name":"LiF","weight_fraction":1,"colour":1}]'),
        ("electrolyte.salts", b"[%b]" % (b" " * MOST_BYTES)),
    ],
)
def test_what_the_schema_refuses_is_refused(name, text):
    with pytest.raises((ValidationError, InvalidRecord, NotPlainError)):
        fact_of(name, text)


@pytest.mark.parametrize("more", [{"cycling": None}, {"area_cm2": True}, {"area_cm2": "1"}])
def test_cells_that_are_more_than_a_recipe_are_left_to_others(more):
    with pytest.raises(NotPlainError):
        cell_of({**EXAMPLE_CELL, **more})
