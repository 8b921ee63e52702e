import numpy as np
import pytest

from features.errors import UnknownName
from models.scales import scale_of

SCALES = ["log10", "lce"]
#: Labels as they occur: lives in cycles, efficiencies as fractions.
LABELS = {
    "log10": np.geomspace(1, 1e5, 101),
    "lce": 1 - np.geomspace(0.9, 1e-5, 101),
}


@pytest.mark.parametrize("name", SCALES)
def test_the_inverse_undoes_the_scale(name):
    """A label that is learnt and predicted back must be itself."""
    scale = scale_of(name)
    assert scale.inverse(scale.forward(LABELS[name])) == pytest.approx(LABELS[name], rel=1e-12)


@pytest.mark.parametrize("name", SCALES)
def test_scales_rise_so_that_bounds_keep_their_order(name):
    """A lower bound on the learning scale is the lower bound in the unit."""
    scale = scale_of(name)
    assert (np.diff(scale.forward(LABELS[name])) > 0).all()
    assert (np.diff(scale.inverse(np.linspace(-3, 12, 200))) > 0).all()


@pytest.mark.parametrize("name", SCALES)
def test_no_bound_is_too_large_for_a_reply(name):
    """Infinity is no JSON; far outside the domain a bound may be absurd, not unsayable."""
    far = scale_of(name).inverse(np.array([-1e6, -400.0, 400.0, 1e6]))
    assert np.isfinite(far).all()
    assert (np.diff(far) >= 0).all()


@pytest.mark.parametrize(("ce_fraction", "lce"), [(0.9, 1), (0.99, 2), (0.999, 3)])
def test_lce_counts_the_nines(ce_fraction, lce):
    """The definition of Kim et al. 2023: -log10(1 - CE)."""
    assert scale_of("lce").forward(np.array([ce_fraction]))[0] == pytest.approx(lce)


def test_a_predicted_efficiency_never_passes_one():
    """More lithium cannot come back than was plated."""
    assert (scale_of("lce").inverse(np.linspace(-5, 1000, 300)) <= 1).all()


def test_an_unknown_scale_is_answered_with_the_list():
    with pytest.raises(UnknownName, match=r"'sqrt'.*log10, lce"):
        scale_of("sqrt")
