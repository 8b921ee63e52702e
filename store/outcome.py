"""What became of a finished cell: the facts from which labels are made, never a descriptor."""

import math
from dataclasses import dataclass
from typing import get_args

from features.end_of_life import Event
from features.errors import InvalidRecord

HIGHEST_LIFE_CYCLES = 1e6
#: A CE above 1 is a finding about the measurement; far above it is percent.
HIGHEST_CE_FRACTION = 1.5


@dataclass(frozen=True)
class Outcome:
    """Outcome of one cell; null is "not known".

    Attributes
    ----------
    cycle_life_cycles : float or None
        The life, or what was reached where the test was stopped.
    is_censored : bool or None
        Whether the cell outlived its test; stated with every life.
    ce_fraction : float or None
        By the method that the recipe's protocol states.
    end_of_life_event : str or None
        One of ``features.end_of_life.Event``.
    end_of_life_rule : str or None
        The rule by which it was judged, in the lab's words.
    """

    cycle_life_cycles: float | None = None
    is_censored: bool | None = None
    ce_fraction: float | None = None
    end_of_life_event: str | None = None
    end_of_life_rule: str | None = None

    def __post_init__(self) -> None:
        _check_bounds("cycle_life_cycles", self.cycle_life_cycles, HIGHEST_LIFE_CYCLES)
        _check_bounds("ce_fraction", self.ce_fraction, HIGHEST_CE_FRACTION)
        if (self.cycle_life_cycles is None) != (self.is_censored is None):
            raise InvalidRecord(
                "Outcome: cycle_life_cycles and is_censored come together or not at all; a test "
                "that was stopped before the cell failed is censored."
            )
        if self.end_of_life_event not in {None, *get_args(Event)}:
            raise InvalidRecord(
                f"Outcome.end_of_life_event is '{self.end_of_life_event}'; "
                f"allowed is {', '.join(get_args(Event))}."
            )
        if self.end_of_life_event == "stopped" and self.is_censored is False:
            raise InvalidRecord(
                "Outcome: a test that ended with 'stopped' is censored, or the cell ended by "
                "another event."
            )


def _check_bounds(name: str, value: float | None, highest: float) -> None:
    if value is None or (math.isfinite(value) and 0 < value <= highest):
        return
    raise InvalidRecord(
        f"Outcome.{name} is {value:g}; allowed is above 0 and at most {highest:g}. "
        f"The unit is part of the name."
    )
