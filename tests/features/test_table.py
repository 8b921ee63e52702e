import numpy as np
import pytest

import features.registry
from features.errors import NotMeasured, UnknownName
from features.registry import Descriptor, catalogue
from features.table import describe

NAMES = ["ce_mean_fraction", "is_coated", "discharge_capacity_last_Ah"]


@pytest.fixture
def lend(monkeypatch):
    """Return a function that puts a descriptor into the catalogue for one test."""

    def add(function, name="lent_ratio", **facts):
        lent = Descriptor(name, 3, "own", function, **facts)
        entries = {**catalogue(), name: lent}
        monkeypatch.setattr(features.registry, "_CATALOGUE", entries)

    return add


def test_rows_follow_the_cells_and_columns_the_names(make_li_cu_cell, make_full_cell):
    cells = [make_li_cu_cell("b"), make_full_cell("c"), make_li_cu_cell("a")]
    table = describe(cells, NAMES)
    assert table.values.index.tolist() == ["b", "c", "a"]
    assert table.names == NAMES
    assert table.units == {name: catalogue()[name].unit for name in NAMES}
    assert table.versions == {name: catalogue()[name].version for name in NAMES}


def test_a_value_stands_where_no_reason_does(make_li_cu_cell, make_full_cell):
    table = describe([make_li_cu_cell(), make_full_cell()])
    blank = {
        (row, table.names[column])
        for row, column in zip(*np.where(table.values.isna()), strict=True)
    }
    assert blank == set(table.reasons)
    assert all(table.reasons.values())


def test_the_reason_of_a_blank_is_the_descriptor_s_own(make_full_cell):
    absent = describe([make_full_cell(n_cycles=1)], NAMES).absent(0)
    assert absent == {
        "ce_mean_fraction": "there is no time series of current",
        "is_coated": "the recipe does not describe the coating (bare is a coating of no phases)",
        "discharge_capacity_last_Ah": "needs two discharge curves, there are 1",
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_blank(lend, make_li_cu_cell, value):
    lend(lambda cell: value)
    table = describe([make_li_cu_cell()], ["lent_ratio"])
    assert table.values.isna().all(axis=None)
    assert "no number" in table.reasons[0, "lent_ratio"]


def test_a_stranger_s_error_passes_with_a_note_on_cell_and_descriptor(lend, make_li_cu_cell):
    """A bug is no missing measurement: it must not become a blank."""

    def fail(cell):
        raise ZeroDivisionError

    lend(fail)
    with pytest.raises(ZeroDivisionError) as caught:
        describe([make_li_cu_cell("B12")], ["lent_ratio"])
    assert caught.value.__notes__ == ["while computing descriptor 'lent_ratio' of cell 'B12'"]


def test_a_reason_passes_without_note(lend, make_li_cu_cell):
    def refuse(cell):
        raise NotMeasured("no such probe")

    lend(refuse)
    assert describe([make_li_cu_cell()], ["lent_ratio"]).absent(0) == {
        "lent_ratio": "no such probe"
    }


def test_a_descriptor_of_the_whole_window_waits_for_its_end(lend, make_li_cu_cell):
    """The last capacity of a cell still running is no last capacity."""
    lend(lambda cell: 1.0, needs_whole_window=True)
    cells = [make_li_cu_cell(n_cycles=n) for n in (2, 3, 4)]
    table = describe(cells, ["lent_ratio"], n_cycles=3)
    assert table.values["lent_ratio"].isna().tolist() == [True, False, False]
    assert "first 3 cycles, the cell has run 2" in table.reasons[0, "lent_ratio"]
    assert not describe(cells, ["lent_ratio"]).reasons


def test_every_descriptor_sees_the_cut_cell(lend, make_li_cu_cell):
    lend(lambda cell: len(cell.cycling))
    whole, cut = make_li_cu_cell(n_cycles=5), make_li_cu_cell(n_cycles=2)
    assert describe([whole], ["lent_ratio"], n_cycles=2).values.iloc[0, 0] == len(cut.cycling)


def test_two_cells_of_one_id_keep_their_own_rows(make_li_cu_cell, make_full_cell):
    """Names collide between labs; the position does not."""
    table = describe([make_li_cu_cell("A1", ce=0.9), make_full_cell("A1")], ["ce_mean_fraction"])
    assert table.values["ce_mean_fraction"].iloc[0] == pytest.approx(0.9)
    assert list(table.reasons) == [(1, "ce_mean_fraction")]


def test_no_cells_give_an_empty_table():
    table = describe([], NAMES)
    assert table.values.shape == (0, 3)
    assert table.reasons == {}


def test_an_unknown_name_is_refused(make_li_cu_cell):
    with pytest.raises(UnknownName, match="cycle_life"):
        describe([make_li_cu_cell()], ["cycle_life"])


def test_chosen_rows_and_columns_keep_their_reasons(make_li_cu_cell, make_full_cell):
    cells = [make_li_cu_cell("a"), make_full_cell("b"), make_li_cu_cell("c")]
    whole = describe(cells, NAMES)
    chosen = whole.rows([1, 2]).columns(["ce_mean_fraction"])
    expected = describe(cells[1:], ["ce_mean_fraction"])
    assert chosen.values.equals(expected.values)
    assert chosen.reasons == expected.reasons
    assert (chosen.units, chosen.versions) == (expected.units, expected.versions)
