import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features import Spectrum
from store.raw_tables import from_parquet, in_parquet, spectra_of, table_of, values_sha256

numbers = arrays(float, st.integers(0, 8), elements=st.floats(-1e12, 1e12))


@given(numbers)
@settings(deadline=None, max_examples=50)
def test_tables_come_back_bit_for_bit(values):
    table = pd.DataFrame({"voltage_volt": values, "current_ampere": values[::-1]})
    back = from_parquet(in_parquet(table))
    assert back["voltage_volt"].to_numpy().tobytes() == values.tobytes()
    assert values_sha256(back) == values_sha256(table)


@given(numbers, numbers)
@settings(deadline=None, max_examples=50)
def test_tables_share_a_hash_only_if_they_share_every_bit(one, other):
    hashes = {values_sha256(pd.DataFrame({"voltage_volt": values})) for values in (one, other)}
    assert (len(hashes) == 1) == (one.tobytes() == other.tobytes())


def test_values_cannot_move_between_columns_unseen():
    one = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert values_sha256(one) != values_sha256(one.rename(columns={"a": "b", "b": "a"}))
    assert values_sha256(one[["a"]]) != values_sha256(one)


@pytest.mark.parametrize("lengths", [(3,), (1, 5, 2), (0, 3), (4, 0)])
def test_spectra_of_any_length_come_back_in_their_order(lengths):
    rng = np.random.default_rng(len(lengths))
    spectra = [
        Spectrum(
            rng.uniform(1e-3, 1e5, n),
            rng.normal(size=n) - 1j * rng.uniform(size=n),
            cycle=k,
            time_h=None,
            n_interfaces=1,
        )
        for k, n in enumerate(lengths)
    ]
    each = [{"cycle": k, "time_h": None, "n_interfaces": 1} for k in range(len(lengths))]
    back = spectra_of(from_parquet(in_parquet(table_of(spectra))), each)
    for found, kept in zip(back, spectra, strict=True):
        assert found.frequency_Hz.tobytes() == kept.frequency_Hz.tobytes()
        assert found.impedance_ohm.tobytes() == kept.impedance_ohm.tobytes()
        assert found.cycle == kept.cycle


def test_the_sign_of_a_zero_stays():
    """A complex product would lose it."""
    kept = Spectrum(np.ones(4), np.array([complex(a, b) for a in (0.0, -0.0) for b in (0.0, -0.0)]))
    facts = [{"cycle": None, "time_h": None, "n_interfaces": None}]
    (found,) = spectra_of(from_parquet(in_parquet(table_of([kept]))), facts)
    assert found.impedance_ohm.tobytes() == kept.impedance_ohm.tobytes()
