import numpy as np
import pytest

from benchmarks.spectra_choice import arc_samples
from features import NotMeasured, Spectrum, choose_circuit
from features.errors import InvalidSetting
from features.impedance.choice import SHORT_LIST, has_tail
from features.impedance.circuit import NAMED_CIRCUITS, circuit_of

FEW = ["one_arc", "two_arcs", "three_arcs"]
FREQUENCY_Hz = np.geomspace(1e5, 0.1, 50)


def arcs(*elements, noise=0.005, seed=0, tail=0.0):
    """Return the spectrum of arcs, each of R, time and exponent."""
    s = 2j * np.pi * FREQUENCY_Hz
    ideal_ohm = 5 + sum(R / (1 + (s * time_s) ** alpha) for R, time_s, alpha in elements)
    ideal_ohm = ideal_ohm + tail / np.sqrt(s)
    parts = np.random.default_rng(seed).normal(size=(2, s.size))
    return Spectrum(FREQUENCY_Hz, ideal_ohm * (1 + noise * (parts[0] + 1j * parts[1])))


ONE, TWO = [(60, 1e-4, 0.85)], [(60, 3e-5, 0.85), (90, 1e-2, 0.9)]


def test_separated_arcs_and_tails_are_counted():
    """Those that the noise leaves identifiable; all are in the benchmark."""
    some = [sample for sample in arc_samples(18, 5) if sample.is_identifiable()]
    choices = [choose_circuit([sample.spectrum]) for sample in some]
    right = [
        (choice.n_arcs, choice.has_tail) == (sample.n_arcs, sample.has_tail)
        for choice, sample in zip(choices, some, strict=True)
    ]
    assert np.mean(right) >= 0.9


def test_an_arc_more_is_not_chosen_for_its_own_sake():
    chosen = [choose_circuit([arcs(*ONE, seed=seed)], FEW).n_arcs for seed in range(20)]
    assert np.mean(np.array(chosen) == 1) >= 0.9


def test_the_user_wins_whatever_the_criterion_says():
    choice = choose_circuit([arcs(*TWO)], FEW, stated="one_arc")
    assert choice.is_stated
    assert choice.circuit == NAMED_CIRCUITS["one_arc"]
    assert choice.table["circuit"].iloc[0] == NAMED_CIRCUITS["two_arcs"]
    assert "was asked for" in choice.sentence
    assert NAMED_CIRCUITS["two_arcs"] in choice.sentence


def test_a_stated_circuit_need_not_be_on_the_list():
    choice = choose_circuit([arcs(*TWO)], ["one_arc"], stated="two_arcs")
    assert choice.circuit in set(choice.table["circuit"])
    assert "no other candidate" in choice.sentence


def test_outliers_ask_for_no_arc():
    spectrum = arcs(*TWO)
    spoilt_ohm = spectrum.impedance_ohm.copy()
    spoilt_ohm[[8, 20, 33]] *= [1.4, 0.7, 1.2 + 0.2j]
    assert choose_circuit([Spectrum(FREQUENCY_Hz, spoilt_ohm)], FEW).n_arcs == 2


@pytest.mark.parametrize("scale", [1e-2, 1e2])
def test_the_unit_of_impedance_does_not_matter(scale):
    spectrum = arcs(*TWO)
    usual = choose_circuit([spectrum], FEW).table
    scaled = choose_circuit([Spectrum(FREQUENCY_Hz, scale * spectrum.impedance_ohm)], FEW).table
    assert scaled["circuit"].tolist() == usual["circuit"].tolist()
    assert scaled["CAIC"].to_numpy() == pytest.approx(usual["CAIC"].to_numpy(), rel=0.01)


def test_several_spectra_ask_for_one_circuit():
    """What one spectrum hardly shows, ten do."""
    small = [(60, 1e-4, 0.85), (2.0, 5e-2, 0.9)]
    spectra = [arcs(*small, noise=0.01, seed=seed) for seed in range(10)]
    together = choose_circuit(spectra, ["one_arc", "two_arcs"])
    alone = [choose_circuit([each], ["one_arc", "two_arcs"]) for each in spectra]
    assert together.n_arcs == 2
    assert together.table["lead"].iloc[1] > max(each.table["lead"].iloc[1] for each in alone)


def test_a_simpler_element_is_chosen_where_it_does():
    """A capacitor is a constant-phase element of exponent 1 with a parameter less."""
    choice = choose_circuit([arcs((60, 1e-4, 1.0))], ["R0-p(R1,C1)", "one_arc"])
    assert choice.circuit == "R0-p(R1,C1)"


def test_the_table_tells_what_was_compared():
    table = choose_circuit([arcs(*TWO)], FEW).table
    assert table["CAIC"].is_monotonic_increasing
    assert table["lead"].iloc[0] == 0
    assert (table["BIC"] < table["CAIC"]).all()
    two = table.set_index("circuit").loc[NAMED_CIRCUITS["two_arcs"]]
    assert (two["n_arcs"], two["has_tail"], two["n_parameters"]) == (2, False, 8)
    assert two["noise"] == pytest.approx(0.005, rel=0.3)


def test_noise_free_spectra_do_not_ask_for_more():
    assert choose_circuit([arcs(*TWO, noise=0.0)], FEW).n_arcs == 2


def test_a_close_call_is_said():
    sentence = choose_circuit([arcs(*ONE)], ["one_arc", "R0-p(CPE1,R1)"]).sentence
    assert "hardly before" in sentence


def test_the_short_list_holds_every_number_of_arcs_with_and_without_a_tail():
    kinds = {(text.count("p("), has_tail(circuit_of(text))) for text in SHORT_LIST}
    assert kinds == {(n_arcs, tail) for n_arcs in (1, 2, 3) for tail in (False, True)}


def test_nothing_to_fit_is_said_with_the_reason():
    short = Spectrum(FREQUENCY_Hz[:5], arcs(*ONE).impedance_ohm[:5])
    with pytest.raises(NotMeasured, match="there are 5 different frequencies, a fit needs 10"):
        choose_circuit([short], FEW)
    with pytest.raises(NotMeasured, match="there is none"):
        choose_circuit([], FEW)


def test_a_candidate_that_is_no_circuit_is_refused():
    with pytest.raises(InvalidSetting, match="no known element"):
        choose_circuit([arcs(*ONE)], ["R0-p(R1,X1)"])
