import numpy as np
import pytest

from features.errors import InvalidRecord
from features.impedance.spectra import Batch, batch_of
from features.records import Spectrum


def test_rows_are_sorted_padded_and_weighted_by_modulus():
    short = Spectrum(np.array([1.0, 100.0, 10.0]), np.array([1.0, 3.0, 2.0]) * (1 - 1j))
    long = Spectrum(np.geomspace(1, 1e4, 40), np.ones(40) + 0j)
    batch = batch_of([short, long])
    assert batch.frequency_Hz.shape == (2, 48)
    assert batch.frequency_Hz[0, :4].tolist() == [100, 10, 1, 1]
    assert batch.weight[0, :4] == pytest.approx([1 / 18**0.5, 1 / 8**0.5, 1 / 2**0.5, 0])
    assert batch.n_points.tolist() == [3, 40]


def test_points_of_one_frequency_are_averaged():
    spectrum = Spectrum(np.array([10.0, 1.0, 10.0, 1.0]), np.array([1, 3, 2, 5]) + 0j)
    batch = batch_of([spectrum])
    assert batch.n_points.tolist() == [2]
    assert batch.impedance_ohm[0, :2].tolist() == [1.5, 4]


def test_a_point_near_zero_does_not_outweigh_all_others():
    impedance_ohm = np.full(20, 10.0 - 1j)
    impedance_ohm[3] = 0
    batch = batch_of([Spectrum(np.geomspace(1, 1e4, 20), impedance_ohm)])
    assert batch.weight.max() <= 1000 / 10
    assert np.isfinite(batch.weight).all()


def test_an_empty_spectrum_is_padding_alone():
    batch = batch_of([Spectrum(np.array([]), np.array([], dtype=complex))])
    assert batch.n_points.tolist() == [0]
    assert len(batch_of([])) == 0


def test_shapes_must_agree():
    with pytest.raises(InvalidRecord, match="one of"):
        Batch(np.ones((2, 3)), np.ones((2, 3), dtype=complex), np.ones((2, 4)))
