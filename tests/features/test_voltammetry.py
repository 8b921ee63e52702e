import numpy as np
import pytest

from features.errors import NotMeasured
from features.recipe import CellDesign, Coating, Phase, Protocol, Recipe
from features.voltammetry import cutoff_warning, cv_peaks

#: Peaks of the conversion of Cu3N and of its products (doi:10.1002/adma.201605531).
CATHODIC_V, ANODIC_V = [0.48], [1.3, 2.1]


def voltammogram(noise=0.0, seed=0, n_cycles=1, baseline=0.1, start_V=3.0):
    """Return sweeps from 3 V to 0 and back at 1 mV a row, peaks of 1 uA on a sloping baseline."""
    down = np.arange(start_V, -1e-9, -1e-3)
    potential_V = np.tile(np.concatenate([down, down[::-1]]), n_cycles)
    falls = np.tile(np.repeat([True, False], down.size), n_cycles)
    bells = {
        centre: np.exp(-0.5 * ((potential_V - centre) / 0.09) ** 2)
        for centre in [*CATHODIC_V, *ANODIC_V]
    }
    shape = np.where(falls, -bells[0.48], 0.7 * bells[1.3] + 0.5 * bells[2.1])
    shape = shape + baseline * np.where(falls, -1, 1) * (1 + 0.2 * potential_V)
    shape = shape - np.where(falls, 0.8, 0.0) * np.exp(-potential_V / 0.03)
    noise = np.random.default_rng(seed).normal(0, noise, potential_V.size)
    return potential_V, 1e-6 * (shape + noise)


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(10))
def test_the_peaks_of_copper_nitride_are_found_within_20_mV(noise, seed):
    """The rise at the end of reduction, where lithium begins to plate, is no peak."""
    found = cv_peaks(*voltammogram(noise, seed))
    assert [peak.potential_V for peak in found.cathodic] == pytest.approx(CATHODIC_V, abs=0.02)
    assert [peak.potential_V for peak in found.anodic] == pytest.approx(ANODIC_V, abs=0.02)
    assert all(peak.current_A < 0 for peak in found.cathodic)
    assert all(peak.current_A > 0 for peak in found.anodic)


@pytest.mark.parametrize("roll", [0, 1500, 3500])
def test_the_order_of_the_sweeps_does_not_matter(roll):
    """A test may begin anywhere; the first sweep over most of the window is read."""
    potential_V, current_A = (np.roll(each, -roll) for each in voltammogram(0.01, n_cycles=2))
    found = cv_peaks(potential_V, current_A)
    assert [peak.potential_V for peak in found.cathodic] == pytest.approx(CATHODIC_V, abs=0.02)
    assert [peak.potential_V for peak in found.anodic] == pytest.approx(ANODIC_V, abs=0.02)


def test_noise_alone_has_no_peak():
    potential_V, current_A = voltammogram()
    current_A = np.random.default_rng(0).normal(0, 1e-6, current_A.size)
    found = cv_peaks(potential_V, current_A)
    assert len(found.cathodic) + len(found.anodic) <= 2


def test_a_single_sweep_has_no_peak_the_other_way():
    potential_V, current_A = (each[:3001] for each in voltammogram())
    assert cv_peaks(potential_V, current_A).anodic == ()


@pytest.mark.parametrize("potential_V", [np.array([1.0]), np.full(100, 1.0)])
def test_a_held_potential_is_no_voltammogram(potential_V):
    with pytest.raises(NotMeasured, match="spans more than"):
        cv_peaks(potential_V, np.zeros(potential_V.size))


def recipe(upper_cutoff_V, name="Cu3N", formula=None, type="Li||Cu"):
    coating = Coating((Phase(name, 0.9, "inorganic", formula), Phase("SBR", 0.1, "polymer")))
    protocol = Protocol(upper_cutoff_V=upper_cutoff_V)
    return Recipe(CellDesign(type), coating, protocol=protocol)


@pytest.mark.parametrize(
    ("name", "formula"), [("Cu3N", None), ("Li3N", None), ("copper nitride", "Cu3N")]
)
def test_stripping_beyond_half_a_volt_decomposes_a_nitride(name, formula):
    warning = cutoff_warning(recipe(1.0, name, formula))
    assert warning is not None
    assert "1 V" in warning
    assert "adma.201605531" in warning


@pytest.mark.parametrize(
    "safe",
    [
        recipe(0.4),
        recipe(0.5),
        recipe(None),
        recipe(1.0, "LiF"),
        recipe(2.5, type="Li||LTO"),
        Recipe(CellDesign("Li||Cu"), Coating(()), protocol=Protocol(upper_cutoff_V=1.0)),
        Recipe(CellDesign("Li||Cu"), protocol=Protocol(upper_cutoff_V=1.0)),
    ],
)
def test_nothing_is_warned_of_without_reason(safe):
    """Low cutoffs, other phases, and full cells, whose voltage is not the coating's."""
    assert cutoff_warning(safe) is None
