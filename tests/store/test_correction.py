"""What a correction does not name stays, file by file."""

import pytest

from store.correction import corrected_facts, staying
from store.facts import Original, sealed

OLD, NEW = Original("a.csv", b"old"), Original("b.csv", b"new")
SAME_NAME = Original("a.csv", b"exported again")


@pytest.fixture
def facts(make_cell):
    """Return a function that seals a cell with so much of its data."""

    def made(*kinds, originals=()):
        left_out = {"cycling": None, "spectra": ()}
        changes = {kind: none for kind, none in left_out.items() if kind not in kinds}
        return sealed(make_cell(**changes), None, None, originals).facts

    return made


@pytest.mark.parametrize(
    ("before", "new", "stay"),
    [
        (("cycling", "spectra"), (), ["cycling", "spectra"]),
        (("cycling", "spectra"), ("cycling",), ["spectra"]),
        (("cycling", "spectra"), ("cycling", "spectra"), []),
        (("spectra",), (), ["spectra"]),
        ((), ("cycling",), []),
    ],
)
def test_what_is_not_brought_stays(facts, before, new, stay):
    earlier, stated = facts(*before), facts(*new)
    assert staying(stated, earlier) == stay
    found = corrected_facts(stated, earlier, ())
    for kind in ("cycling", "spectra"):
        assert found[kind] == (earlier if kind in stay else stated)[kind]


@pytest.mark.parametrize(
    ("brought", "originals", "kept"),
    [
        (("cycling",), [NEW], ["b.csv"]),
        (("spectra",), [NEW], ["a.csv", "b.csv"]),
        (("spectra",), [SAME_NAME], ["a.csv"]),
        ((), [], []),
    ],
)
def test_files_go_with_the_data_that_may_have_come_from_them(facts, brought, originals, kept):
    """Of a cell with cycling alone: new cycling takes its file along, a spectrum does not."""
    earlier = facts("cycling", originals=[OLD])
    stated = facts(*brought, originals=originals)
    found = corrected_facts(stated, earlier, ())["originals"]
    assert [each["name"] for each in found] == kept
    named = corrected_facts(stated, earlier, ("originals",))
    assert named["originals"] == earlier["originals"]


def test_neither_argument_is_changed(facts):
    earlier, stated = facts("cycling", originals=[OLD]), facts("spectra", originals=[NEW])
    corrected_facts(stated, earlier, ("outcome",))
    assert earlier == facts("cycling", originals=[OLD])
    assert stated == facts("spectra", originals=[NEW])
