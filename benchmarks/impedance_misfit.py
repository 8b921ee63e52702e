"""Circuits that do not describe their spectra: how often that is told, and how often wrongly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.figure import Bound, Figure, run
from benchmarks.impedance_data import _spectrum
from benchmarks.spectra import CIRCUITS, HIGHEST_Hz, LOWEST_Hz, impedance, samples
from benchmarks.spectra_choice import arc_samples
from features import MissingData, SeicastError, SpectraFit, Spectrum, fit_spectra, read_file
from features.cell_spectra import MOST_UNCERTAIN_FRACTION
from features.impedance.circuit import circuit_of
from features.impedance.coordinates import arcs_of
from features.impedance.misfit import LEAST_MISS_FRACTION
from training.data_folders import data_folder
from training.virtual_lab import founding_recipe, simulate

Array = NDArray[np.float64]

#: Not the seed with which anything was chosen.
SEED = 80_172
NOISES = (1e-3, 5e-3, 2e-2)
#: Of one amplitude at all frequencies, over the mean modulus.
EVEN_NOISES = (1e-3, 5e-3)
N_EVEN_POINTS = 60
N_OWN, N_OTHER, N_ARCS = 200, 200, 240
N_LAB, LAB_CYCLES = 30, (0, 5, 10, 20, 50)
TOLERANCE = 0.10
SOLDERED = (
    "Circuit1_EIS_1.z",
    "Circuit1_EIS_2.z",
    "Circuit2_EIS_1.z",
    "Circuit3_EIS_1.z",
    "exampleDataZPlot.z",
)
#: Where the loop of a spectrum turns, and its width over the arc of charge transfer.
LOOP_Hz, LOOP_FRACTIONS = 0.5, (0.1, 0.5)


@dataclass(frozen=True, eq=False)
class Trial:
    """Spectra of known arcs, fitted by a circuit that is not theirs.

    Attributes
    ----------
    fit : SpectraFit
    total_ohm : float array of shape (n_spectra,)
        True sum of all arcs.
    arcs_ohm : float array of shape (n_spectra, 2) or None
        True resistances, where the circuit has as many arcs.
    """

    fit: SpectraFit
    total_ohm: Array
    arcs_ohm: Array | None = None

    @property
    def is_missed(self) -> NDArray[np.bool_]:
        """Return where the circuit was refuted."""
        return self.fit.misfit.is_missed


def figures() -> list[Figure]:
    """Return all figures of misfits."""
    trials = _trials()
    found = [_false_alarms(), *map(_false_alarms_of_even_noise, EVEN_NOISES)]
    found.append(_false_alarms_of_the_lab())
    found += [_caught(name, each) for name, each in trials.items()]
    found += [_loops(), _misled(trials), *_coverage(trials)]
    for part in (_soldered, _measured):
        found += _where_there_are_data(part)
    return found


def _where_there_are_data(part: Callable[[], list[Figure]]) -> list[Figure]:
    try:
        return part()
    except MissingData as error:
        print(f"  left out: {error}")
        return []


def _share(told: Sequence[bool] | NDArray[np.bool_]) -> float:
    return 100 * float(np.mean(told))


def _false_alarms() -> Figure:
    """Return how many fits of the right circuit are refuted."""
    told: list[bool] = []
    by_noise = []
    for noise in NOISES:
        own: list[bool] = []
        for name, text in CIRCUITS.items():
            spectra = [each.spectrum for each in samples(name, N_OWN, SEED, noise)]
            own += fit_spectra(spectra, text).misfit.is_missed.tolist()
        told += own
        by_noise.append(f"{_share(own):.2f} % at {noise:.1%} noise")
    return Figure(
        "spectra of a circuit of their own that are said to refute it",
        _share(told),
        "%",
        Bound(high=2),
        Bound(high=0.5),
        f"{len(told)} spectra of three circuits, overlap, drift and outliers among them: "
        f"{', '.join(by_noise)}",
    )


def _false_alarms_of_even_noise(noise: float) -> Figure:
    """Return how many fits of the right circuit are refuted where noise has one amplitude."""
    rng = np.random.default_rng(SEED)
    frequency_Hz = np.geomspace(HIGHEST_Hz, LOWEST_Hz, N_EVEN_POINTS)
    told: list[bool] = []
    for name, text in CIRCUITS.items():
        spectra = []
        for sample in samples(name, N_OWN, SEED, noise):
            exact_ohm = impedance(name, sample.truth, frequency_Hz)
            parts = noise * np.abs(exact_ohm).mean() * rng.normal(size=(2, N_EVEN_POINTS))
            spectra.append(Spectrum(frequency_Hz, exact_ohm + parts[0] + 1j * parts[1]))
        told += fit_spectra(spectra, text).misfit.is_missed.tolist()
    return Figure(
        f"the same where noise is {noise:.1%} of the mean modulus at all frequencies",
        _share(told),
        "%",
        Bound(high=2),
        Bound(high=0.5),
        f"{len(told)} spectra of three circuits, without drift or outliers",
    )


def _false_alarms_of_the_lab() -> Figure:
    """Return how many spectra of virtual cells are said to refute the circuit they came of."""
    spectra = [
        spectrum
        for seed in range(N_LAB)
        for spectrum in simulate(
            founding_recipe("Cu3N+SBR"), seed=seed, spectrum_cycles=LAB_CYCLES
        ).cell.spectra
    ]
    return Figure(
        "spectra of the virtual lab said to refute the paper's circuit",
        _share(fit_spectra(spectra).misfit.is_missed),
        "%",
        must=Bound(high=2),
        note=f"{len(spectra)} spectra of {N_LAB} simulated cells",
    )


def _trials() -> dict[str, Trial]:
    """Return spectra beside a circuit that is not theirs, at 0.5 % noise."""
    found = {}
    for name, circuit, words in (
        ("lim", "two_arcs", "diffusion left out"),
        ("wo", "lithium_metal", "bounded diffusion in series added"),
        ("z2", "lithium_metal", "diffusion put where there is none"),
        ("z2", "one_arc", "an arc of two left out"),
    ):
        some = samples(name, N_OTHER, SEED + 1)
        fit = fit_spectra([each.spectrum for each in some], circuit)
        arcs_ohm = np.array([[each.truth["R1"], each.truth["R2"]] for each in some])
        has_both = len(arcs_of(fit.circuit)) == 2
        found[words] = Trial(fit, arcs_ohm.sum(axis=1), arcs_ohm if has_both else None)
    three = [each for each in arc_samples(N_ARCS, SEED) if each.n_arcs == 3]
    resistors = [[arc.resistor for arc in arcs_of(circuit_of(each.circuit))] for each in three]
    total_ohm = [each.parameters[own].sum() for each, own in zip(three, resistors, strict=True)]
    fit = fit_spectra([each.spectrum for each in three], "two_arcs")
    found["an arc of three left out"] = Trial(fit, np.array(total_ohm))
    return found


def _caught(name: str, trial: Trial) -> Figure:
    misfit = trial.fit.misfit
    beyond = np.sqrt(np.maximum(misfit.residual_rms**2 - misfit.kk_rms**2, 0))
    is_seen = beyond > 0.01
    return Figure(
        f"circuits refuted, {name}",
        _share(trial.is_missed),
        "%",
        note=f"{len(trial.is_missed)} spectra at 0.5 % noise; of the {int(is_seen.sum())} that the "
        f"circuit misses by more than 1 % {_share(trial.is_missed[is_seen]):.0f} %",
    )


def _loops() -> Figure:
    """Return how many loops at low frequency are told, by whichever test."""
    rng = np.random.default_rng(SEED)
    spectra = []
    for sample in samples("lim", N_OTHER, SEED + 2):
        frequency_Hz = sample.spectrum.frequency_Hz
        width_ohm = sample.truth["R2"] * rng.uniform(*LOOP_FRACTIONS)
        loop_ohm = width_ohm * (1 - 1 / (1 + 1j * frequency_Hz / LOOP_Hz))
        spectra.append(Spectrum(frequency_Hz, sample.spectrum.impedance_ohm + loop_ohm))
    table = fit_spectra(spectra).table
    is_missed = ~table["is_described"].to_numpy(dtype=bool)
    is_doubted = is_missed | ~table["is_consistent"].to_numpy(dtype=bool)
    return Figure(
        "inductive loops at low frequency that are told",
        _share(is_doubted),
        "%",
        note=f"{len(table)} spectra at 0.5 % noise, loops of {LOOP_FRACTIONS[0]:.0%} to "
        f"{LOOP_FRACTIONS[1]:.0%} of R_ct; {_share(is_missed):.0f} % by the circuit's misfit",
    )


def _misled(trials: dict[str, Trial]) -> Figure:
    """Return how many arcs of a wrong circuit pass as told although they are others."""
    n_before = n_after = n_all = 0
    for trial in trials.values():
        if trial.arcs_ohm is None:
            continue
        arcs = trial.fit.arcs
        is_wrong = np.any(np.abs(arcs.resistance_ohm / trial.arcs_ohm - 1) > TOLERANCE, axis=1)
        n_before += int(np.sum(is_wrong & _is_told_without_the_test(trial.fit)))
        n_after += int(np.sum(is_wrong & [not reason for reason in trial.fit.reasons]))
        n_all += len(is_wrong)
    return Figure(
        "R_SEI or R_ct of a wrong circuit told, and off by more than 10 %",
        100 * n_after / n_all,
        "%",
        note=f"of {n_all} spectra; {100 * n_before / n_all:.1f} % without a look at the misfit. "
        f"What is left lies within the noise, or within {LEAST_MISS_FRACTION:.1%} of the modulus",
    )


def _is_told_without_the_test(fit: SpectraFit) -> NDArray[np.bool_]:
    """Return whose arcs would be told if no circuit were refuted, by the errors of the fit."""
    factor = np.where(fit.misfit.is_missed, np.fmax(fit.misfit.excess, 1), 1) ** 2
    own = replace(fit.fit, covariance=fit.covariance / factor[:, None, None])
    misfit = replace(fit.misfit, is_missed=np.zeros(len(factor), dtype=bool))
    found = replace(fit, fit=own, misfit=misfit)
    return np.array([not reason for reason in found.reasons])


def _coverage(trials: dict[str, Trial]) -> list[Figure]:
    """Return how often R_int of refuted circuits lies within two of its deviations."""
    covered, covered_before, told = [], [], []
    for trial in trials.values():
        rows, arcs = trial.is_missed, trial.fit.arcs
        error_ohm = np.abs(arcs.total_ohm - trial.total_ohm)[rows]
        sd_ohm = trial.fit.total_sd_ohm[rows]
        covered += (error_ohm <= 2 * sd_ohm).tolist()
        before_ohm = arcs.total_sd_ohm[rows] / np.fmax(trial.fit.misfit.excess[rows], 1)
        covered_before += (error_ohm <= 2 * before_ohm).tolist()
        told += (2 * sd_ohm <= MOST_UNCERTAIN_FRACTION * arcs.total_ohm[rows]).tolist()
    right = np.array(covered)[np.array(told)]
    return [
        Figure(
            "R_int of refuted circuits within twice its error",
            _share(covered),
            "%",
            Bound(low=90),
            Bound(low=94),
            f"{len(covered)} spectra; {_share(covered_before):.0f} % by the error of the fit alone",
        ),
        Figure(
            "the same where R_int is told at all",
            _share(right),
            "%",
            note=f"{len(right)} spectra; of the others it is known to a factor only",
        ),
    ]


def _soldered() -> list[Figure]:
    folder = data_folder("instrument_files") / "impedance_py"
    spectra = [read_file(folder / name).spectra[0] for name in SOLDERED]
    fit = fit_spectra(spectra, "R0-p(R1,C1)")
    return [
        Figure(
            "soldered circuits of a resistor and a capacitor said to refute their own",
            float(fit.misfit.is_missed.sum()),
            f"of {len(spectra)}",
            must=Bound(0, 0),
            note="measured; residuals "
            + ", ".join(f"{100 * each:.2f}" for each in fit.misfit.residual_rms)
            + " % of the modulus",
        )
    ]


def _measured() -> list[Figure]:
    folder = data_folder("instrument_files")
    spectra = list(_instrument_spectra(sorted(folder.rglob("*"))))
    rows = pd.read_parquet(data_folder("zhang2020_eis") / "spectra.parquet")
    coins = [_spectrum(group) for _, group in rows.groupby(["cell", "cycle"])][::3]
    return [_refuted("of instrument files", spectra), _refuted("of Zhang 2020", coins)]


def _instrument_spectra(paths: Sequence[object]) -> list[Spectrum]:
    """Return the first spectrum of every file that holds one, each once."""
    found: dict[tuple[int, float], Spectrum] = {}
    for path in paths:
        try:
            spectra = read_file(str(path)).spectra
        except (SeicastError, OSError):
            continue
        for spectrum in spectra[:1]:
            known = (spectrum.frequency_Hz.size, round(float(spectrum.impedance_ohm.real.sum()), 3))
            found.setdefault(known, spectrum)
    return list(found.values())


def _refuted(name: str, spectra: Sequence[Spectrum]) -> Figure:
    paper, three = (fit_spectra(spectra, each) for each in ("lithium_metal", "three_arcs"))
    is_fitted = paper.validity.is_sound
    misfit = paper.misfit
    own, without = (np.median(of[is_fitted]) for of in (misfit.residual_rms, misfit.kk_rms))
    return Figure(
        f"measured spectra {name} that refute the paper's circuit",
        _share(misfit.is_missed[is_fitted]),
        "%",
        note=f"{int(is_fitted.sum())} spectra; median residual {100 * own:.2f} %, Kramers-Kronig "
        f"{100 * without:.2f} %; three arcs are refuted by "
        f"{_share(three.misfit.is_missed[is_fitted]):.0f} %",
    )


if __name__ == "__main__":
    run(figures)
