import numpy as np
import pytest

from training.virtual_lab.noise import CHARGE_NOISE_FRACTION, DEPOSIT_SPREAD, noise_of


def test_noise_scatters_around_one_as_much_as_stated():
    noise = noise_of(*(np.random.default_rng(seed) for seed in range(3)))
    assert noise.charge_ratio.mean() == pytest.approx(1, abs=1e-4)
    assert noise.charge_ratio.std() == pytest.approx(CHARGE_NOISE_FRACTION, rel=0.1)
    assert np.log(noise.polarisation_ratio).std() == pytest.approx(DEPOSIT_SPREAD, rel=0.1)
