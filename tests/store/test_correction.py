"""What a correction does not name stays, file by file."""

import pytest

from features.errors import InvalidRecord
from store.correction import check_dropped, corrected_facts, staying
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


@pytest.mark.parametrize(
    ("before", "brought", "dropped", "left"),
    [
        (("cycling", "spectra"), (), ("cycling",), ["spectra"]),
        (("cycling", "spectra"), (), ("cycling", "spectra"), []),
        (("cycling", "spectra"), ("cycling",), ("spectra",), ["cycling"]),
        (("spectra",), (), ("cycling",), ["spectra"]),
        ((), (), ("cycling",), []),
    ],
)
def test_what_is_dropped_goes_and_nothing_else(facts, before, brought, dropped, left):
    found = corrected_facts(facts(*brought), facts(*before), (), dropped)
    assert [kind for kind in ("cycling", "spectra") if found[kind] is not None] == left


@pytest.mark.parametrize(
    ("before", "dropped", "originals", "files"),
    [
        (("cycling",), ("cycling",), [], []),
        (("cycling",), ("cycling",), [NEW], ["b.csv"]),
        (("cycling", "spectra"), ("cycling", "spectra"), [], []),
        (("cycling", "spectra"), ("cycling",), [], ["a.csv"]),
        (("cycling",), ("spectra",), [], ["a.csv"]),
        ((), ("cycling",), [], ["a.csv"]),
    ],
)
def test_files_go_with_the_last_data_that_are_dropped(facts, before, dropped, originals, files):
    """A file that spectra may have come from stays while they do; one of a wrong run does not."""
    kept = () if originals else ("originals",)
    earlier, stated = facts(*before, originals=[OLD]), facts(originals=originals)
    found = corrected_facts(stated, earlier, kept, dropped)["originals"]
    assert [each["name"] for each in found] == files


def test_what_is_dropped_is_not_brought_and_is_raw_data(facts):
    check_dropped(facts("spectra"), ("cycling",))
    with pytest.raises(InvalidRecord, match="drops cycling and brings others"):
        check_dropped(facts("cycling"), ("cycling",))
    with pytest.raises(InvalidRecord, match="cannot drop outcome; it can drop cycling and spectra"):
        check_dropped(facts(), ("outcome",))


def test_neither_argument_is_changed(facts):
    earlier, stated = facts("cycling", originals=[OLD]), facts("spectra", originals=[NEW])
    corrected_facts(stated, earlier, ("outcome",))
    corrected_facts(stated, earlier, ("originals",), ("cycling",))
    assert earlier == facts("cycling", originals=[OLD])
    assert stated == facts("spectra", originals=[NEW])
