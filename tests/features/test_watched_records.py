"""A watched record stands for a plain one, and tells what was looked at."""

from dataclasses import asdict, replace

import pytest

from features import Coating, Phase
from features.watched_records import facts_of, made, watched, watched_kind

PLAIN = Coating((Phase("LiF", 1.0),), thickness_nm=30.0, process="spin coating")
NAMES = ("thickness_nm", "process")


def looked_at(function):
    """Return what a function looks at of a watched record, and what it comes to."""
    seen = set()
    kind = watched_kind(Coating, NAMES, "coating.")
    answer = function(watched(kind, facts_of(PLAIN, Coating), seen))
    return seen, answer


def test_a_record_of_checked_facts_is_the_record():
    assert made(Coating, facts_of(PLAIN, Coating)) == PLAIN


def test_the_facts_of_a_part_that_is_not_stated_are_its_defaults():
    assert "phases" not in facts_of(None, Coating)
    assert facts_of(None, Coating)["thickness_nm"] is None


def test_only_watched_facts_are_told():
    assert looked_at(lambda coating: coating.phases) == (set(), PLAIN.phases)
    assert looked_at(lambda coating: coating.is_bare) == (set(), False)
    assert looked_at(lambda coating: coating.thickness_nm) == ({"coating.thickness_nm"}, 30.0)


@pytest.mark.parametrize(
    "taken",
    [
        vars,
        hash,
        asdict,
        lambda coating: coating == PLAIN,
        lambda coating: coating != PLAIN,
        lambda coating: replace(coating, solvent="THF").solvent,
    ],
)
def test_whoever_takes_a_record_whole_has_looked_at_all_of_it(taken):
    assert looked_at(taken) == ({"coating.thickness_nm", "coating.process"}, taken(PLAIN))
