import numpy as np
import pytest

from training.virtual_lab.losses import losses, reacting_area_ratio


def losses_at(exposed, roughness_ratio, n_cycles=20, reactivity=1.0):
    return losses(
        np.full(n_cycles + 1, exposed), np.full(n_cycles + 1, roughness_ratio), reactivity
    )


def test_no_reactivity_no_loss():
    assert losses_at(1.0, 5.0, reactivity=0.0).ce_fraction == pytest.approx(1)


def test_dead_lithium_is_the_larger_share_the_lower_the_efficiency():
    """Titration found it so (doi:10.1038/s41586-019-1481-z)."""
    smooth, rough = (losses_at(1.0, ratio) for ratio in (1.0, 10.0))
    shares = [each.dead_fraction[-1] / each.sei_fraction[-1] for each in (smooth, rough)]
    assert rough.ce_fraction[-1] < smooth.ce_fraction[-1]
    assert shares[0] == pytest.approx(1, abs=0.1)
    assert shares[1] > 2


def test_shielding_saves_the_same_share_of_both_losses():
    bare, shielded = (losses_at(exposed, 3.0) for exposed in (1.0, 0.0))
    assert shielded.dead_fraction[-1] / bare.dead_fraction[-1] == pytest.approx(
        shielded.sei_fraction[-1] / bare.sei_fraction[-1], rel=1e-4
    )


def test_the_first_sei_on_copper_costs_the_first_cycles():
    sei = losses_at(0.0, 1.0).sei_fraction
    assert sei[0] > sei[1] > sei[-1]


def test_rough_lithium_reacts_with_less_than_all_of_its_area():
    assert reacting_area_ratio(np.array([1.0]))[0] == 1
    assert 1 < reacting_area_ratio(np.array([10.0]))[0] < 10
