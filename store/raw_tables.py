"""Raw data to Parquet and back, and hashes that know the values, not the file."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.records import Spectrum

SPECTRUM_COLUMNS = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")


def in_parquet(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()


def from_parquet(content: bytes) -> pd.DataFrame:
    """Return the table of a Parquet file, types as they were."""
    return pd.read_parquet(io.BytesIO(content))


def values_sha256(table: pd.DataFrame) -> str:
    """Return a hash of names and values.

    The same for whole numbers and floats, for any order of columns, and for whatever version
    wrote the Parquet file: a cell sent again after an upgrade is still the same cell.
    """
    digest = hashlib.sha256()
    for name in sorted(table.columns):
        values = table[name].to_numpy(dtype="<f8", na_value=np.nan)
        digest.update(f"{name} {values.size}\n".encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def table_of(spectra: Sequence[Spectrum]) -> pd.DataFrame:
    """Return spectra in one table, numbered from 0 in column ``spectrum``."""
    impedance_ohm = np.concatenate([each.impedance_ohm for each in spectra])
    lengths = [each.frequency_Hz.size for each in spectra]
    return pd.DataFrame(
        {
            "spectrum": np.repeat(np.arange(len(spectra), dtype=np.int32), lengths),
            "frequency_hertz": np.concatenate([each.frequency_Hz for each in spectra]),
            "real_impedance_ohm": impedance_ohm.real,
            "imaginary_impedance_ohm": impedance_ohm.imag,
        }
    )


def spectra_of(table: pd.DataFrame, each: Sequence[Mapping[str, Any]]) -> tuple[Spectrum, ...]:
    """Return the spectra of a table; ``each`` holds when and on how many interfaces."""
    number = table["spectrum"].to_numpy()
    frequency_Hz, real_ohm, imaginary_ohm = (
        table[name].to_numpy(dtype=float) for name in SPECTRUM_COLUMNS
    )
    return tuple(
        Spectrum(frequency_Hz[number == k], _complex(real_ohm, imaginary_ohm, number == k), **facts)
        for k, facts in enumerate(each)
    )


def _complex(real: Any, imaginary: Any, rows: Any) -> Any:
    impedance_ohm = np.empty(int(rows.sum()), dtype=complex)
    impedance_ohm.real, impedance_ohm.imag = real[rows], imaginary[rows]
    return impedance_ohm
