import numpy as np
import pytest

from benchmarks.spectra import CIRCUITS, impedance, samples
from benchmarks.spectra_choice import arc_samples
from features import Spectrum, fit_series, fit_spectra
from features.impedance.batch_fit import fit_batch
from features.impedance.circuit import circuit_of, with_inductance
from features.impedance.coordinates import arcs_of
from features.impedance.misfit import misfit_of, widened
from features.impedance.verdicts import validity_of
from features.readers import read_file
from training.data_folders import data_folder, has_data

FREQUENCY_Hz = np.geomspace(1e6, 0.1, 60)
SEED = 9241
needs_files = pytest.mark.skipif(not has_data("instrument_files"), reason="data set not here")


def spectrum(extra_ohm=0.0, seed=0, noise=1e-3, frequency_Hz=FREQUENCY_Hz):
    """Return two arcs with diffusion behind the second, and what else lies in series."""
    s = 2j * np.pi * frequency_Hz
    behind = 90 + 20 * np.sqrt(2 / s)
    ohm = 4 + 60 / (1 + 60 * 2e-6 * s**0.85) + behind / (1 + behind * 1e-4 * s) + extra_ohm
    parts = np.random.default_rng(seed).normal(0, noise, (2, frequency_Hz.size))
    return Spectrum(frequency_Hz, ohm + np.abs(ohm) * (parts[0] + 1j * parts[1]))


def arc(resistance_ohm, peak_Hz):
    return resistance_ohm / (1 + 1j * FREQUENCY_Hz / peak_Hz)


@pytest.fixture(scope="module")
def missed():
    """Return the fits of a good spectrum, and of one with a third arc."""
    return fit_spectra([spectrum(), spectrum(arc(50.0, 0.5))])


@pytest.mark.parametrize("name", ["lim", "z2", "wo"])
@pytest.mark.parametrize("noise", [1e-3, 5e-3, 2e-2])
def test_the_circuit_that_a_spectrum_was_made_of_is_hardly_ever_refuted(name, noise):
    """With outliers, drift and overlap among them; what is refuted was not found by the search."""
    found = [sample.spectrum for sample in samples(name, 60, SEED, noise)]
    assert fit_spectra(found, CIRCUITS[name]).misfit.is_missed.sum() <= 1


@pytest.mark.parametrize("noise", [1e-3, 5e-3])
def test_noise_of_one_amplitude_is_hardly_ever_put_down_to_the_circuit(noise):
    """Where |Z| is small it is large, and the points there are nearly all that is counted."""
    rng = np.random.default_rng(SEED)
    found = []
    for sample in samples("lim", 100, SEED, noise):
        ohm = impedance("lim", sample.truth, FREQUENCY_Hz)
        parts = noise * np.abs(ohm).mean() * rng.normal(size=(2, FREQUENCY_Hz.size))
        found.append(Spectrum(FREQUENCY_Hz, ohm + parts[0] + 1j * parts[1]))
    assert fit_spectra(found, CIRCUITS["lim"]).misfit.is_missed.sum() <= 2


def test_an_arc_too_few_is_told_at_noise_of_one_amplitude_too():
    ohm = spectrum(arc(50.0, 0.5), noise=0.0).impedance_ohm
    parts = np.random.default_rng(SEED).normal(0, 0.2, (2, FREQUENCY_Hz.size))
    found = fit_spectra([Spectrum(FREQUENCY_Hz, ohm + parts[0] + 1j * parts[1])])
    assert found.misfit.is_missed[0]


def test_the_level_that_users_are_told_says_of_which_noise_it_is(missed):
    told = missed.misfit.sentence(1, "one_arc")
    assert told.endswith("less than one of 1000 spectra if noise is proportional to |Z|")


def test_an_arc_too_few_is_told_with_both_numbers(missed):
    assert missed.misfit.is_missed.tolist() == [False, True]
    row = missed.table.iloc[1]
    assert not row["is_described"]
    assert not row["identifiable"]
    assert "the circuit does not describe the spectrum" in row["reason"]
    for fraction in (row["misfit_rms"], row["kk_rms"]):
        assert f"{fraction:.2%}" in row["reason"]
        assert f"{fraction:.2%}" in row["doubts"]
    assert row["doubts"].startswith("R0-p(R1,CPE1)-p(R2-W1,C2)-L0 does not describe")


def test_a_spectrum_that_is_described_is_told_without_a_word(missed):
    row = missed.table.iloc[0]
    assert row["is_described"]
    assert row["reason"] == row["doubts"] == ""
    assert row["misfit_p"] > 1e-3


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_unit_of_the_impedance_does_not_matter(missed, scale):
    scaled = [Spectrum(each.frequency_Hz, scale * each.impedance_ohm) for each in missed.spectra]
    assert fit_spectra(scaled).misfit.is_missed.tolist() == [False, True]


def test_what_no_instrument_is_true_to_is_not_put_down_to_the_circuit():
    """An arc of a thousandth of the others is certain at such a noise, and matters to nobody."""
    found = fit_spectra([spectrum(arc(0.15, 1.0), noise=1e-5)])
    assert not found.misfit.is_missed.any()


def test_the_sum_of_all_arcs_has_an_error_that_covers_it():
    """Without a circuit the sum is another; the error counts how far off that is."""
    n_covered = n_missed = 0
    for sample in (each for each in arc_samples(90, SEED) if each.n_arcs == 3):
        fit = fit_spectra([sample.spectrum], "two_arcs")
        if fit.misfit.is_missed[0]:
            resistors = [each.resistor for each in arcs_of(circuit_of(sample.circuit))]
            error_ohm = abs(fit.arcs.total_ohm[0] - sample.parameters[resistors].sum())
            n_covered += error_ohm <= 2 * fit.total_sd_ohm[0]
            n_missed += 1
    assert n_missed >= 20
    assert n_covered >= 0.9 * n_missed


def test_errors_of_a_refuted_circuit_grow_and_others_stay(missed):
    alone = fit_spectra(missed.spectra[:1])
    assert np.array_equal(alone.covariance[0], missed.covariance[0])
    assert missed.total_sd_ohm[0] == missed.arcs.total_sd_ohm[0]
    assert missed.total_sd_ohm[1] > missed.arcs.total_sd_ohm[1]
    assert missed.series_sd_ohm[1] > 0


def test_points_that_lose_weight_in_a_row_count_in_full_in_the_errors():
    """A robust fit gives up the tail that the circuit has not; its noise is then too good."""
    validity = validity_of([spectrum(), spectrum(arc(400.0, 0.3))])
    fit = fit_batch(validity.batch, with_inductance(circuit_of("two_arcs")))
    found = misfit_of(fit, validity.found.relaxations)
    grown = widened(fit, found).covariance / fit.covariance
    assert found.is_missed.tolist() == [True, True]
    assert found.excess.max() > 1.5
    for row, excess in enumerate(found.excess):
        assert grown[row] == pytest.approx(max(excess, 1.0) ** 2)


def test_a_refused_spectrum_is_not_called_missed():
    mirrored = Spectrum(FREQUENCY_Hz, spectrum().impedance_ohm.conj())
    found = fit_spectra([mirrored, spectrum()])
    assert found.misfit.is_missed.tolist() == [False, False]
    assert found.table["is_described"].tolist() == [False, True]
    assert "does not describe" not in found.table["reason"].iloc[0]


def test_a_spectrum_that_refutes_the_circuit_tells_nothing_of_growth():
    spectra = [
        Spectrum(each.frequency_Hz, each.impedance_ohm, cycle)
        for cycle, each in enumerate(
            [spectrum(seed=1), spectrum(arc(50.0, 0.5), seed=2), spectrum(seed=3), spectrum(seed=4)]
        )
    ]
    found = fit_series(spectra)
    assert found.course("SEI").cycle.tolist() == [0, 2, 3]
    assert "the circuit does not describe" in found.table["reason"].iloc[1]
    assert found.table["is_described"].tolist() == [True, False, True, True]


def test_spectra_that_refute_the_circuit_move_none_of_the_others():
    """They would, at a twentieth of the noise, if the path of the series went through them."""
    odd_ohm = arc(60.0, 0.5) + arc(40.0, 3e3)
    good = {cycle: spectrum(seed=100 + cycle, noise=2e-2) for cycle in range(0, 10, 2)}
    odd = {cycle: spectrum(odd_ohm, seed=100 + cycle) for cycle in range(1, 10, 2)}

    def series(spectra):
        return fit_series(
            [Spectrum(s.frequency_Hz, s.impedance_ohm, cycle) for cycle, s in spectra.items()]
        )

    both, alone = series(good | odd), series(good)
    assert both.misfit.is_missed.tolist() == [False, True] * 5
    assert not both.was_regularised[1::2].any()
    assert np.array_equal(both.fit.log_parameters[::2], alone.fit.log_parameters)
    assert np.array_equal(both.covariance[::2], alone.covariance)
    assert np.array_equal(both.fit.log_parameters[1::2], both.single.fit.log_parameters[1::2])


def test_a_series_of_which_every_spectrum_refutes_the_circuit_is_fitted_one_by_one():
    odd = [spectrum(arc(50.0, 0.5), seed=seed) for seed in range(3)]
    found = fit_series([Spectrum(s.frequency_Hz, s.impedance_ohm, n) for n, s in enumerate(odd)])
    assert found.rows.size == 0
    assert np.array_equal(found.arcs.resistance_ohm, found.single.arcs.resistance_ohm)
    assert found.course("SEI").cycle.size == 0


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_loop_at_low_frequency_does_not_pass_in_silence(share):
    """The relaxations cannot follow it either: then their own test tells."""
    loop_ohm = -90 * share / (1 + 1j * FREQUENCY_Hz / 0.5)
    row = fit_spectra([spectrum(loop_ohm, noise=5e-3)]).table.iloc[0]
    assert not (row["is_described"] and row["doubts"] == "")


def files(*names):
    folder = data_folder("instrument_files") / "impedance_py"
    return [read_file(folder / name).spectra[0] for name in names]


@pytest.mark.data
@needs_files
def test_soldered_circuits_are_described_by_their_own():
    """Of a resistor and a capacitor beside each other, measured."""
    names = ("Circuit1_EIS_1.z", "Circuit1_EIS_2.z", "Circuit2_EIS_1.z", "Circuit3_EIS_1.z")
    found = fit_spectra(files(*names, "exampleDataZPlot.z"), "R0-p(R1,C1)")
    assert not found.misfit.is_missed.any()


@pytest.mark.data
@needs_files
def test_a_measured_spectrum_that_the_papers_circuit_misses_says_so():
    """Its residuals go up to 20 % at the lowest frequencies, after each other."""
    found = fit_spectra(files("exampleDataGamry.DTA"))
    assert found.misfit.is_missed[0]
    assert found.total_sd_ohm[0] > 0.5 * found.arcs.total_ohm[0]
