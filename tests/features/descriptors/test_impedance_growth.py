from dataclasses import replace

import numpy as np
import pytest

from features import Cell, CellDesign, Recipe, Source, Spectrum, describe
from features.descriptors.impedance_growth import (
    charge_transfer_resistance_growth_ratio,
    interface_resistance_growth_ratio,
    relative_reacting_area_ratio,
    sei_resistance_growth_ohm_cm2_per_cycle,
    sei_resistance_growth_ohm_cm2_per_sqrt_h,
    sei_resistance_growth_ratio,
)
from features.errors import NotMeasured
from training.virtual_lab import founding_recipe, simulate

FREQUENCY_Hz = np.logspace(6, -1, 71)
ALL = [
    sei_resistance_growth_ratio,
    sei_resistance_growth_ohm_cm2_per_cycle,
    sei_resistance_growth_ohm_cm2_per_sqrt_h,
    charge_transfer_resistance_growth_ratio,
    interface_resistance_growth_ratio,
    relative_reacting_area_ratio,
]


def spectrum(sei_ohm, ct_ohm, cycle, time_h=None):
    """Return two arcs well apart, with little noise."""
    s = 2j * np.pi * FREQUENCY_Hz
    sei = 1 / (1 / sei_ohm + 1e-6 * s**0.9)
    faradaic = ct_ohm + 5 * (1 - 1j) / np.sqrt(s.imag)
    noise = np.random.default_rng(int(cycle or 0) + 7).normal(0, 5e-4, (2, s.size))
    ohm = (4 + sei + 1 / (1 / faradaic + 2e-4 * s)) * (1 + noise[0] + 1j * noise[1])
    return Spectrum(FREQUENCY_Hz, ohm, cycle, time_h)


def cell_of(*spectra, area_cm2=0.5):
    recipe = Recipe(CellDesign("Li||Cu"))
    return Cell("A1", recipe, Source("measured"), area_cm2, None, tuple(spectra))


@pytest.fixture(scope="module")
def cycled():
    """Return a film that grows by 2 ohm a cycle while charge transfer gets easier."""
    return cell_of(*(spectrum(60 + 2 * cycle, 90 - cycle, cycle) for cycle in (0, 5, 10, 20)))


def test_growth_is_that_of_the_truth(cycled):
    """100 over 60 ohm, 70 over 90, and 2 ohm a cycle on half a square centimetre."""
    assert sei_resistance_growth_ratio(cycled) == pytest.approx(100 / 60, rel=0.01)
    assert charge_transfer_resistance_growth_ratio(cycled) == pytest.approx(70 / 90, rel=0.01)
    assert interface_resistance_growth_ratio(cycled) == pytest.approx(170 / 150, rel=0.01)
    assert sei_resistance_growth_ohm_cm2_per_cycle(cycled) == pytest.approx(1.0, rel=0.02)


def test_a_resting_film_grows_with_the_root_of_time():
    """6 ohm per root of an hour; cycles later take no part in it."""
    hours = (1.0, 4.0, 9.0, 25.0)
    resting = [spectrum(60 + 6 * np.sqrt(hour), 90, 0, hour) for hour in hours]
    expected = pytest.approx(3.0, rel=0.02)
    assert sei_resistance_growth_ohm_cm2_per_sqrt_h(cell_of(*resting)) == expected
    later = spectrum(400, 90, 10, 100.0)
    assert sei_resistance_growth_ohm_cm2_per_sqrt_h(cell_of(*resting, later)) == expected


def test_a_cell_of_unknown_age_has_no_growth_at_rest(cycled):
    with pytest.raises(NotMeasured, match="at rest"):
        sei_resistance_growth_ohm_cm2_per_sqrt_h(cycled)


def test_area_is_read_from_charge_transfer_only_behind_a_stable_film(cycled):
    """Half the resistance is twice the area, if nothing else changed."""
    stable = cell_of(spectrum(60, 80, 0), spectrum(63, 40, 10))
    assert relative_reacting_area_ratio(stable) == pytest.approx(2, rel=0.02)
    with pytest.raises(NotMeasured, match=r"changed 1\.6\d-fold"):
        relative_reacting_area_ratio(cycled)


def test_growth_does_not_start_in_a_spectrum_of_unknown_cycle():
    unknown = spectrum(60, 90, None)
    for descriptor in (sei_resistance_growth_ratio, interface_resistance_growth_ratio):
        with pytest.raises(NotMeasured, match="two spectra of known cycle"):
            descriptor(cell_of(unknown, spectrum(90, 90, 5)))


def test_no_ratio_rests_on_a_spectrum_that_does_not_tell():
    """The last has lost its slow half: nobody knows what became of charge transfer."""
    whole = spectrum(70, 90, 10)
    fast = slice(0, 36)
    cut = replace(whole, frequency_Hz=FREQUENCY_Hz[fast], impedance_ohm=whole.impedance_ohm[fast])
    cell = cell_of(spectrum(60, 90, 0), cut)
    with pytest.raises(NotMeasured, match="in the last spectrum"):
        charge_transfer_resistance_growth_ratio(cell)


@pytest.mark.parametrize("descriptor", ALL, ids=lambda each: each.__name__)
def test_no_spectrum_is_not_measured(descriptor):
    with pytest.raises(NotMeasured, match="no impedance spectrum"):
        descriptor(cell_of())


@pytest.mark.parametrize("name", [each.__name__ for each in ALL if "ohm_cm2" in each.__name__])
def test_slopes_in_ohm_cm2_need_an_area(cycled, name):
    table = describe([replace(cycled, area_cm2=None)], [name])
    assert table.absent(0)[name] == "the electrode's area is not stated"


@pytest.mark.parametrize("seed", range(4))
def test_p9_bare_and_coated_are_told_apart_by_the_growth_of_the_film(seed):
    """Without the coating the SEI cracks and grows, and laid-bare lithium reacts with ease."""
    bare, coated = (
        simulate(
            founding_recipe(kind), seed=seed, n_cycles=1, spectrum_cycles=(0, 5, 10, 20, 50)
        ).cell
        for kind in ("bare", "Cu3N+SBR")
    )
    growths = [sei_resistance_growth_ratio(cell) for cell in (bare, coated)]
    assert growths[0] > 1.4
    assert growths[1] < 1.2
    slopes = [sei_resistance_growth_ohm_cm2_per_cycle(cell) for cell in (bare, coated)]
    assert slopes[0] > 3 * slopes[1]
    falls = [charge_transfer_resistance_growth_ratio(cell) for cell in (bare, coated)]
    assert falls[0] < 0.7
    assert 0.8 < falls[1] < 1.05
