from typing import get_args

import pytest

from features.end_of_life import Event
from features.errors import InvalidRecord
from store import Outcome


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"cycle_life_cycles": 0.0, "is_censored": False}, "cycle_life_cycles is 0; allowed"),
        ({"cycle_life_cycles": -1.0, "is_censored": False}, "cycle_life_cycles is -1"),
        ({"cycle_life_cycles": float("nan"), "is_censored": False}, "cycle_life_cycles is nan"),
        ({"cycle_life_cycles": float("inf"), "is_censored": True}, "cycle_life_cycles is inf"),
        ({"cycle_life_cycles": 2e6, "is_censored": True}, "at most 1e"),
        ({"ce_fraction": 98.1}, r"ce_fraction is 98\.1; allowed is above 0 and at most 1\.5"),
        ({"ce_fraction": 0.0}, "ce_fraction is 0"),
        ({"cycle_life_cycles": 100.0}, "come together or not at all"),
        ({"is_censored": True}, "come together or not at all"),
        ({"end_of_life_event": "died"}, "is 'died'; allowed is hard_short"),
        (
            {"cycle_life_cycles": 9.0, "is_censored": False, "end_of_life_event": "stopped"},
            "a test that ended with 'stopped' is censored",
        ),
    ],
    ids=str,
)
def test_an_impossible_outcome_is_refused_with_what_is_allowed(facts, why):
    with pytest.raises(InvalidRecord, match=why):
        Outcome(**facts)


@pytest.mark.parametrize("event", [None, *get_args(Event)])
def test_every_event_of_the_rules_can_end_a_cell(event):
    assert Outcome(100, event == "stopped", end_of_life_event=event).end_of_life_event == event


def test_nothing_known_is_an_outcome_too():
    """A cell may be finished by a fire, with neither life nor efficiency."""
    assert Outcome() == Outcome(None, None, None, None, None)
