import numpy as np
import pytest

from models.domain import Range
from models.notes import bookkeeping_note, cap_note, guard_notes, widening_note
from models.task import Task

LIFE = Task("life", "cycle_life", "cycles", "log10", "ridge", cap_ratio=1.25)
#: Lithium for 7/3 of a cycle, of which a twentieth of a charge is lost in each: 46.7 cycles.
BOOKS = {"log10_lithium_excess_ratio": np.log10(7 / 3), "log10_ce_loss_fraction": np.log10(0.05)}


def test_only_what_was_held_is_told():
    notes = guard_notes(
        ["a", "b", "c"], np.array([5.0, 1.0, np.nan]), np.full(3, -2.0), np.full(3, 2.0)
    )
    assert notes == ("a is 5; the model was given 2, one SD beyond what it learnt",)


def test_a_cap_names_both_numbers():
    assert cap_note(LIFE, 99.0, 100.0) == ()
    (note,) = cap_note(LIFE, 400.0, 100.0)
    assert "capped at 100 cycles, 1.25 times the longest" in note
    assert "400" in note


def test_what_no_training_cell_had_is_not_missing():
    known, never = Range(0, 1, 1, False), Range(np.nan, np.nan, np.nan, False)
    (note,) = widening_note(["a", "b"], np.array([np.nan, np.nan]), {"a": known, "b": never})
    assert note == "the interval is wider because a is missing"


@pytest.mark.parametrize(("life", "is_noted"), [(40.0, False), (90.0, False), (100.0, True)])
def test_a_life_beyond_twice_its_lithium_is_inconsistent(life, is_noted):
    assert bool(bookkeeping_note(LIFE, BOOKS, life)) is is_noted


@pytest.mark.parametrize("lacking", list(BOOKS))
def test_books_need_both_entries(lacking):
    assert bookkeeping_note(LIFE, {**BOOKS, lacking: np.nan}, 1e6) == ()
    assert bookkeeping_note(LIFE, {k: v for k, v in BOOKS.items() if k != lacking}, 1e6) == ()


def test_what_is_missing_is_told_in_the_grammar_of_its_number():
    ranges = {name: Range(0.0, 1.0, 0.5, True) for name in ("a", "b")}
    (one,) = widening_note(["a", "b"], np.array([np.nan, 0.5]), ranges)
    (both,) = widening_note(["a", "b"], np.array([np.nan, np.nan]), ranges)
    assert one.endswith("because a is missing")
    assert both.endswith("because a, b are missing")


NAMES = ["is_coated", "log10_coating_thickness_nm", "shear_modulus_ratio", "solvent_O_fraction"]


@pytest.mark.parametrize(("is_bare", "n_named"), [(False, 3), (True, 1)])
def test_a_bare_electrode_lacks_nothing_of_a_coating(is_bare, n_named):
    """It has none, so nobody could state its thickness."""
    ranges = {name: Range(0.0, 1.0, 0.5, False) for name in NAMES}
    row = np.array([1.0 - is_bare, np.nan, np.nan, np.nan])
    (note,) = widening_note(NAMES, row, ranges, is_bare=is_bare)
    assert sum(name in note for name in NAMES) == n_named
    assert "solvent_O_fraction" in note


def test_a_bare_electrode_of_which_all_is_known_is_told_why_its_interval_is_wider():
    ranges = {name: Range(0.0, 1.0, 0.5, False) for name in NAMES[:2]}
    (note,) = widening_note(NAMES[:2], np.array([0.0, np.nan]), ranges, is_bare=True)
    assert note == "the interval is wider because a bare electrode has no coating to go by"
