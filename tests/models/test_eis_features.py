import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from features import Spectrum
from features.errors import InvalidRecord, InvalidSetting
from models.eis_features import EISFeatures

N_SPECTRA = 24


def spectrum(sei_ohm=60.0, ct_ohm=90.0, n_points=57, noise=1e-3, seed=0):
    frequency_Hz = np.logspace(6, -1, n_points)
    s = 2j * np.pi * frequency_Hz
    ohm = 4 + sei_ohm / (1 + sei_ohm * 1e-6 * s) + ct_ohm / (1 + ct_ohm * 1e-4 * s)
    parts = np.random.default_rng(seed).normal(0, noise, (2, n_points))
    return Spectrum(frequency_Hz, ohm * (1 + parts[0] + 1j * parts[1]))


def column(*spectra):
    """Return spectra as scikit-learn passes them on: one column of objects."""
    found = np.empty((len(spectra), 1), dtype=object)
    found[:, 0] = spectra
    return found


def long_table(spectra, cells):
    return pd.concat(
        pd.DataFrame(
            {
                "cell": cell,
                "cycle": number,
                "frequency_hertz": each.frequency_Hz,
                "real_impedance_ohm": each.impedance_ohm.real,
                "imaginary_impedance_ohm": each.impedance_ohm.imag,
            }
        )
        for number, (each, cell) in enumerate(zip(spectra, cells, strict=True))
    )


@pytest.fixture(scope="module")
def ragged():
    """Return spectra of growing film and of different lengths, with their truth."""
    sei_ohm = np.geomspace(20, 200, N_SPECTRA)
    spectra = [spectrum(R, 300.0, 45 + k, seed=k) for k, R in enumerate(sei_ohm)]
    return column(*spectra), np.log(sei_ohm)


def features(circuit="two_arcs", **settings):
    return EISFeatures(circuit, **settings).set_output(transform="pandas")


def test_features_are_logarithms_of_the_truth_with_their_deviation():
    found = features().transform(column(spectrum())).iloc[0]
    assert np.exp(found["ln_R_SEI_ohm"]) == pytest.approx(60, rel=0.01)
    assert np.exp(found["ln_R_ct_ohm"]) == pytest.approx(90, rel=0.01)
    assert np.exp(found["ln_R_int_ohm"]) == pytest.approx(150, rel=0.01)
    assert np.exp(found["ln_f_SEI_Hz"]) == pytest.approx(1 / (2 * np.pi * 60e-6), rel=0.05)
    assert 0 < found["ln_R_SEI_sd"] < 0.02
    assert found[["is_fitted", "is_identifiable", "is_consistent"]].tolist() == [1, 1, 1]


def test_arcs_are_named_by_their_frequency_not_by_their_place_in_the_circuit():
    """Swapped in the text, or in size, the fast one remains the SEI."""
    one, other = (
        features(circuit).transform(column(spectrum(200.0, 50.0)))["ln_R_SEI_ohm"].iloc[0]
        for circuit in ("R0-p(R1,CPE1)-p(R2,C2)", "R0-p(R1,C1)-p(R2,CPE2)")
    )
    assert one == pytest.approx(other, abs=0.01)
    assert np.exp(one) == pytest.approx(200, rel=0.01)


def test_an_area_makes_ohm_cm2_of_one_interface():
    plain = features().transform(column(spectrum())).iloc[0]
    areal = features(area_cm2=0.5, n_interfaces=2).transform(column(spectrum())).iloc[0]
    expected = plain["ln_R_SEI_ohm"] + np.log(0.25)
    assert areal["ln_R_SEI_ohm_cm2"] == pytest.approx(expected, abs=1e-9)


def test_names_are_those_of_the_columns_for_any_circuit():
    for circuit in ("one_arc", "lithium_metal", "three_arcs"):
        for area_cm2 in (None, 0.5):
            transformer = EISFeatures(circuit, area_cm2)
            names = transformer.get_feature_names_out()
            assert len(set(names)) == len(names)
            assert transformer.transform(column(spectrum())).shape == (1, len(names))
    assert "ln_R_arc1_ohm" in EISFeatures("one_arc").get_feature_names_out()


def test_what_cannot_be_fitted_is_blank_and_flagged():
    """One odd file must not stop a night of training."""
    mirrored = spectrum()
    mirrored = Spectrum(mirrored.frequency_Hz, mirrored.impedance_ohm.conj())
    rows = column(spectrum(), None, mirrored, spectrum(n_points=4), np.nan)
    found = features().transform(rows)
    assert found["is_fitted"].tolist() == [1, 0, 0, 0, 0]
    assert found["is_identifiable"].tolist() == [1, 0, 0, 0, 0]
    assert found["ln_R_SEI_ohm"].isna().tolist() == [False, True, True, True, True]
    assert np.isfinite(found.iloc[0].to_numpy()).all()


def test_a_long_table_gives_the_same_by_cell_and_cycle(ragged):
    spectra = ragged[0][:4, 0]
    cells = ["B", "A", "B", "A"]
    found = EISFeatures("two_arcs").transform(long_table(spectra, cells))
    assert found.index.tolist() == [("B", 0), ("A", 1), ("B", 2), ("A", 3)]
    alone = EISFeatures("two_arcs").transform(column(*spectra))
    np.testing.assert_allclose(found.to_numpy(), alone, rtol=1e-9)
    as_pandas = features().fit_transform(long_table(spectra, cells))
    pd.testing.assert_frame_equal(as_pandas, found)


def test_impossible_rows_of_a_long_table_are_blank():
    table = long_table([spectrum(), spectrum()], ["A", "A"])
    table.loc[(table["cycle"] == 1) & (table["frequency_hertz"] > 9e5), "frequency_hertz"] = -1.0
    assert EISFeatures("two_arcs").transform(table)["is_fitted"].tolist() == [1, 0]


def test_a_spectrum_s_features_do_not_depend_on_its_company(ragged):
    """Or one fold would hear of another."""
    spectra = ragged[0][:6]
    together = EISFeatures("two_arcs").transform(spectra)
    for row in range(6):
        alone = EISFeatures("two_arcs").transform(spectra[row : row + 1])
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-9)


def test_frames_series_and_lists_of_spectra_are_taken(ragged):
    spectra = ragged[0][:2]
    expected = EISFeatures("two_arcs").transform(spectra)
    frame = pd.DataFrame({"spectrum": spectra[:, 0]}, index=["a", "b"])
    for same in (frame, frame["spectrum"], list(spectra[:, 0])):
        np.testing.assert_array_equal(EISFeatures("two_arcs").transform(same), expected)
    assert features().transform(frame).index.tolist() == ["a", "b"]


def test_it_survives_clone_and_pickle(ragged):
    transformer = features(area_cm2=0.5)
    for copy in (clone(transformer), pickle.loads(pickle.dumps(transformer))):
        assert copy.get_params() == transformer.get_params()
        pd.testing.assert_frame_equal(
            copy.fit_transform(ragged[0][:2]), transformer.fit_transform(ragged[0][:2])
        )


def test_it_learns_nothing(ragged):
    transformer = EISFeatures("two_arcs")
    before = vars(transformer).copy()
    transformer.fit(ragged[0])
    assert vars(transformer) == before


def test_a_pipeline_learns_from_it_and_a_grid_may_search_its_circuit(ragged):
    spectra, target = ragged
    regressor = HistGradientBoostingRegressor(min_samples_leaf=2, max_iter=30)
    pipeline = make_pipeline(features(), regressor)
    scores = cross_val_score(pipeline, spectra[::-1], target[::-1], cv=3)
    assert np.isfinite(scores).all()
    grid = GridSearchCV(pipeline, {"eisfeatures__circuit": ["one_arc", "two_arcs"]}, cv=2)
    grid.fit(spectra, target)
    assert np.corrcoef(grid.predict(spectra), target)[0, 1] > 0.9


def test_a_bad_circuit_is_told_when_it_is_fitted():
    with pytest.raises(InvalidSetting, match="position"):
        EISFeatures("R0-p(R1").fit(column(spectrum()))
    with pytest.raises(InvalidSetting, match="no arc"):
        EISFeatures("R0").fit(column(spectrum()))


@pytest.mark.parametrize("wrong", [np.ones((3, 2)), ["a spectrum"], np.ones((3, 1))])
def test_numbers_are_no_spectra(wrong):
    with pytest.raises(InvalidRecord, match="Spectr"):
        EISFeatures("two_arcs").transform(wrong)
