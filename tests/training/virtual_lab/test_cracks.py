import numpy as np
import pytest

from training.virtual_lab.conditions import Conditions
from training.virtual_lab.cracks import endurance_cycles, microcracked_fraction, open_fraction
from training.virtual_lab.film import film_of
from training.virtual_lab.recipes import FOUNDING_COATINGS

GENTLE, USUAL, HARSH = Conditions(0.25, 0.5), Conditions(1.0, 1.0), Conditions(2.0, 3.0)


@pytest.mark.parametrize("law", [microcracked_fraction, open_fraction])
def test_cracks_start_at_none_never_heal_and_end_at_all(law):
    failed = law(100_000, 100.0)
    assert failed[0] == 0
    assert np.all(np.diff(failed) >= 0)
    assert failed[-1] == pytest.approx(1)


@pytest.mark.parametrize("law", [microcracked_fraction, open_fraction])
def test_after_its_endurance_a_film_is_whole_over_one_part_in_e(law):
    """The scale of Weibull's law, whatever its shape (doi:10.1115/1.4010337)."""
    assert 1 - law(100, 100.0)[100] == pytest.approx(np.exp(-1))


def test_microcracks_come_long_before_open_ones():
    """What shows in impedance after 20 cycles kills after 200."""
    assert microcracked_fraction(20, 300.0)[20] > 20 * open_fraction(20, 300.0)[20]


def test_harder_work_wears_a_film_out_sooner():
    film = film_of(FOUNDING_COATINGS["Cu3N+SBR"])
    cycles = [endurance_cycles(film, conditions) for conditions in (GENTLE, USUAL, HARSH)]
    assert cycles == sorted(cycles, reverse=True)
