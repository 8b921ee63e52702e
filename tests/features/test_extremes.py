"""A check is saved only where the very same numbers, which nobody can change, were seen before."""

import gc

import numpy as np
import pandas as pd
import pytest

from features import extremes as module
from features.errors import InvalidRecord
from features.extremes import BLOCK_ROWS, block_extremes, extremes, falls, locked
from features.readers import read_cycling
from features.recipe import CellDesign, Recipe
from features.records import Cell, Source

RECIPE = Recipe(CellDesign("Li||Cu"))


@pytest.fixture
def cycling(tmp_path, make_li_cu_cell):
    """Return a table as its reader hands it on."""
    make_li_cu_cell().cycling.to_parquet(tmp_path / "cell.parquet", index=False)
    return read_cycling(tmp_path / "cell.parquet")


@pytest.fixture
def sought(monkeypatch):
    """Return a list that grows by every array looked through while a cell is made."""
    found = []
    nothing = module.Facts(np.zeros(1), np.zeros(1), falls=False)
    monkeypatch.setattr(module, "_sought", lambda values: found.append(values) or nothing)
    return found


@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0], [-np.inf, 0.0], [5.0]])
def test_extremes_are_those_of_numpy_locked_or_not(values):
    expected = (min(values), max(values))
    assert extremes(np.array(values)) == expected
    assert extremes(locked(np.array(values))) == expected


@pytest.mark.parametrize("row", [1, 5, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, -1])
@pytest.mark.parametrize("lock", [locked, np.asarray])
def test_one_step_back_is_found_wherever_it_is(row, lock):
    """On the border of two blocks as well."""
    rising = np.arange(3.0 * BLOCK_ROWS)
    assert not falls(lock(rising.copy()))
    rising[row] -= 1.5
    assert falls(lock(rising))


def test_equal_numbers_do_not_fall_and_one_number_cannot():
    assert not falls(locked(np.full(3, 2.0)))
    assert not falls(locked(np.array([1.0])))
    assert not falls(np.zeros(0))


@pytest.mark.parametrize("lock", [locked, np.asarray])
def test_every_block_has_extremes_of_its_own_and_sees_the_row_before_it(lock):
    values = np.sin(np.arange(2.5 * BLOCK_ROWS))
    values[BLOCK_ROWS - 1], values[-1] = 7.0, -7.0
    lowest, highest = block_extremes(lock(values))
    assert highest[:2].tolist() == [7.0, 7.0]
    assert highest[2] <= 1 <= -lowest[2] == 7.0


def test_one_nan_is_both_extremes():
    assert np.isnan(extremes(locked(np.array([1.0, np.nan, 2.0])))).all()


def test_a_locked_array_cannot_be_written_to_through_any_view():
    whole = np.arange(6.0)
    view = locked(whole[::-1])
    for array in (whole, view):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.0


def test_an_array_that_was_unlocked_is_looked_through_again():
    values = locked(np.arange(3.0))
    values.flags.writeable = True
    values[0] = 9.0
    assert extremes(values) == (1.0, 9.0)


def test_a_part_of_a_locked_array_has_its_own_extremes():
    values = locked(np.arange(10.0))
    assert extremes(values[2:5]) == (2.0, 4.0)
    assert extremes(values[::3]) == (0.0, 9.0)


def test_nothing_is_kept_of_an_array_that_is_gone():
    before = len(module._KNOWN)
    values = locked(np.arange(10.0))
    assert len(module._KNOWN) == before + 1
    del values
    gc.collect()
    assert len(module._KNOWN) == before


def test_what_a_reader_has_looked_through_a_cell_does_not_look_through_again(cycling, sought):
    Cell("A1", RECIPE, Source("measured"), 1.0, cycling)
    assert sought == []


def test_a_table_from_elsewhere_is_looked_through(make_li_cu_cell, sought):
    cycling = make_li_cu_cell().cycling
    sought.clear()
    Cell("A1", RECIPE, Source("measured"), None, cycling)
    assert len(sought) == len(cycling.columns)


@pytest.mark.parametrize("column", ["current_ampere", "voltage_volt"])
def test_a_table_changed_after_reading_is_checked_anew(cycling, column):
    """By whatever way pandas has: a copy in place of a column, or a single number."""
    scaled = cycling.assign(**{column: cycling[column] * 1e6})
    single = cycling.copy()
    single.loc[3, column] = 1e6
    for changed in (scaled, single, pd.concat([cycling, scaled], ignore_index=True)):
        with pytest.raises(InvalidRecord):
            Cell("A1", RECIPE, Source("measured"), 1.0, changed)
