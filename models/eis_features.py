"""Impedance spectra as features of anyone's scikit-learn pipeline."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from features.errors import InvalidRecord, InvalidSetting
from features.impedance.arcs import names_of
from features.impedance.circuit import circuit_of
from features.impedance.coordinates import arcs_of
from features.impedance.fit import PAPERS_CIRCUIT, SpectraFit, fit_spectra
from features.records import Spectrum

Array = NDArray[np.float64]

#: Columns of a long table of spectra; rows of one cell and cycle are one spectrum.
KEYS = ["cell", "cycle"]
POINTS = ["frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"]


class EISFeatures(TransformerMixin, BaseEstimator):
    """Turn impedance spectra into logarithms of fitted resistances with their uncertainty.

    Nothing is learnt from the data: every spectrum is fitted by itself, without a guess, so
    no fold of a cross-validation hears of another. A spectrum that cannot be fitted gives
    NaN and ``is_fitted`` 0; arcs that cannot be told apart give their values with
    ``is_identifiable`` 0. Arcs are named by the frequency they peak at: the fastest is the SEI.

    Parameters
    ----------
    circuit : str
        In impedance.py's grammar, or a name.
    area_cm2 : float, optional
        Of all electrodes; without it resistances are in ohm.
    n_interfaces : int
        Like interfaces in series, where a spectrum does not say.

    Examples
    --------
    >>> frequency_Hz = np.logspace(6, -1, 50)
    >>> arc = Spectrum(frequency_Hz, 4 + 60 / (1 + 6e-3j * frequency_Hz))
    >>> features = EISFeatures("one_arc").set_output(transform="pandas")
    >>> found = features.fit_transform(np.array([[arc]], dtype=object))
    >>> round(float(found["ln_R_arc1_ohm"].iloc[0]), 4)  # the logarithm of 60
    4.0943
    """

    def __init__(
        self,
        circuit: str = PAPERS_CIRCUIT,
        area_cm2: float | None = None,
        n_interfaces: int = 1,
    ) -> None:
        self.circuit = circuit
        self.area_cm2 = area_cm2
        self.n_interfaces = n_interfaces

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the settings; nothing is learnt."""
        if not arcs_of(circuit_of(self.circuit)):
            raise InvalidSetting(f"Circuit '{self.circuit}' has no arc; write one: p(R1,CPE1).")
        return self

    def transform(self, X: Any) -> Any:
        """Return the features.

        Parameters
        ----------
        X : array or DataFrame of shape (n_spectra, 1), sequence of Spectrum, or long DataFrame
            Objects are ``Spectrum``, or None where there is none. A long table has the columns
            cell, cycle, frequency_hertz, real_impedance_ohm, imaginary_impedance_ohm.

        Returns
        -------
        float array of shape (n_spectra, n_features)
            For a long table a DataFrame, its rows named by cell and cycle as they first appear.

        Raises
        ------
        InvalidRecord
            If X is neither.
        """
        if isinstance(X, pd.DataFrame) and set(X.columns) >= {*KEYS, *POINTS}:
            groups = list(X.groupby(KEYS, sort=False, dropna=False))
            found = self._features([_spectrum_of(rows) for _, rows in groups])
            index = X[KEYS].drop_duplicates().set_index(KEYS).index
            return pd.DataFrame(found, index=index, columns=self.get_feature_names_out())
        return self._features(_objects(X))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features."""
        unit = "ohm" if self.area_cm2 is None else "ohm_cm2"
        arcs = names_of(len(arcs_of(circuit_of(self.circuit))))
        resistances = ["R_s", *(f"R_{name}" for name in arcs), "R_int"]
        names = [f"ln_{name}_{unit}" for name in resistances]
        names += [f"ln_{name}_sd" for name in resistances]
        names += [f"ln_f_{name}_Hz" for name in arcs]
        names += ["ln_kk_rms", "is_consistent", "is_identifiable", "is_fitted"]
        return np.array(names, dtype=object)

    def _features(self, spectra: Sequence[Spectrum | None]) -> Array:
        """Return one row a spectrum, those that are none left blank."""
        names = self.get_feature_names_out()
        found = np.full((len(spectra), names.size), np.nan)
        found[:, -3:] = 0.0
        there = [row for row, spectrum in enumerate(spectra) if spectrum is not None]
        if there:
            known = [spectrum for spectrum in spectra if spectrum is not None]
            fit = fit_spectra(known, self.circuit, self.area_cm2, self.n_interfaces)
            found[there] = _values(fit, names)
        return found

    def __sklearn_is_fitted__(self) -> bool:
        """Tell that there is nothing to wait for."""
        return True

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that this learns nothing and takes objects."""
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True
        return tags


def _values(fit: SpectraFit, names: NDArray[np.object_]) -> Array:
    """Return the columns of a fit's table, logarithms and relative deviations taken."""
    table, columns = fit.table, []
    unit = "ohm" if fit.area_cm2 is None else "ohm_cm2"
    flags = {"is_identifiable": "identifiable"}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name in names:
            bare = str(name).removeprefix("ln_")
            if bare.startswith("is_"):
                columns.append(table[flags.get(bare, bare)].to_numpy(dtype=float))
            elif bare.endswith("_sd"):
                value = f"{bare.removesuffix('_sd')}_{unit}"
                columns.append((table[f"{value}_sd"] / table[value]).to_numpy(dtype=float))
            else:
                columns.append(np.log(table[bare].to_numpy(dtype=float)))
    found = np.column_stack(columns)
    return np.where(np.isfinite(found), found, np.nan)


def _objects(X: Any) -> list[Spectrum | None]:
    """Return the spectra of a column of objects."""
    cells = X.to_numpy() if isinstance(X, pd.DataFrame | pd.Series) else X
    if not isinstance(cells, np.ndarray):
        cells = np.fromiter(cells, dtype=object, count=len(cells))
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.ndim != 1:
        raise InvalidRecord(
            f"Spectra come as one column of Spectrum, or as a table with the columns "
            f"{KEYS + POINTS}; got shape {cells.shape}."
        )
    return [_known(each) for each in cells]


def _known(each: object) -> Spectrum | None:
    """Return a spectrum; None where it is missing."""
    if isinstance(each, Spectrum):
        return each
    if each is None or bool(pd.isna(each)):  # type: ignore[call-overload]
        return None
    raise InvalidRecord(f"A Spectrum, or None, is due in each row; got {type(each).__name__}.")


def _spectrum_of(rows: pd.DataFrame) -> Spectrum | None:
    """Return the spectrum of some rows; None where they are none."""
    frequency_Hz, real_ohm, imaginary_ohm = (rows[name].to_numpy(dtype=float) for name in POINTS)
    try:
        return Spectrum(frequency_Hz, real_ohm + 1j * imaginary_ohm)
    except InvalidRecord:
        return None
