"""Impedance fits without a guess on spectra of known truth: speed, recovery, honesty.

impedance.py 1.7.1 is one of the peers of ``make peers``; without it its figure is left out.
"""

import json
import tempfile
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import mean, median

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student

from benchmarks.figure import Bound, Figure, run
from benchmarks.least_squares import N_STARTS, best_of_starts
from benchmarks.spectra import CIRCUITS, Sample, is_identifiable, samples, truth_of
from benchmarks.stopwatch import cpu_s, output_of
from features import SpectraFit, Spectrum, fit_spectra
from features.impedance.arcs import Arcs, arcs_in
from features.impedance.batch_fit import fit_batch
from features.impedance.circuit import Circuit, circuit_of, with_inductance
from features.impedance.spectra import batch_of

Array = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parent
PEERS_PYTHON = FOLDER.parent / ".venv-peers" / "bin" / "python"
#: Not the seed with which anything was chosen.
SEED = 60531
N_BATCH, N_OTHER, N_PEER, N_SCIPY, N_SINGLE = 1000, 500, 100, 15, 60
TOLERANCE = 0.10
SCALES = (1e-2, 1e2)
#: Good for "the same result" in the last digits of a descent that ends by a tolerance.
SAME = 1e-4
BOUNDS = {"lim": (99.0, 99.8), "z2": (95.0, 98.5), "wo": (93.0, 98.0)}
WORDS = {"lim": "paper's circuit", "z2": "two R-CPE arcs", "wo": "two R-CPE arcs and Wo"}


@dataclass(frozen=True, eq=False)
class Trial:
    """A set of samples and what was found of them."""

    samples: list[Sample]
    fit: SpectraFit

    @cached_property
    def truth_ohm(self) -> Array:
        """Return the true resistances of both arcs, shape (n_samples, 2)."""
        return truth_of(self.samples, "R1", "R2")

    @cached_property
    def found_ohm(self) -> Array:
        """Return R_SEI and R_ct as fitted."""
        return self.fit.table[["R_SEI_ohm", "R_ct_ohm"]].to_numpy(dtype=float)

    @cached_property
    def is_recovered(self) -> NDArray[np.bool_]:
        """Return where both are within the tolerance."""
        error = np.abs(self.found_ohm / self.truth_ohm - 1)
        is_recovered: NDArray[np.bool_] = np.all(error <= TOLERANCE, axis=1)
        return is_recovered

    @cached_property
    def is_identifiable(self) -> NDArray[np.bool_]:
        """Return where nature allows it, by the Cramer-Rao bound at the truth."""
        return np.array([is_identifiable(sample) for sample in self.samples])

    @cached_property
    def is_flagged(self) -> NDArray[np.bool_]:
        """Return where the fit itself says that it cannot tell."""
        return ~self.fit.table["identifiable"].to_numpy(dtype=bool)


def figures() -> list[Figure]:
    """Return all figures of the fits."""
    trial = _trial("lim", N_BATCH)
    return [
        *_speed(trial),
        *_recoveries(trial),
        *_flags(trial),
        _total(trial),
        _coverage(trial),
        _scales(trial),
        _outliers(trial),
        _latency(),
    ]


def _trial(circuit: str, n_samples: int) -> Trial:
    found = samples(circuit, n_samples, SEED)
    return Trial(found, fit_spectra([sample.spectrum for sample in found], CIRCUITS[circuit]))


def _speed(trial: Trial) -> list[Figure]:
    spectra = [sample.spectrum for sample in trial.samples]
    whole_s = median(cpu_s(lambda: fit_spectra(spectra).table) for _ in range(3)) / len(spectra)
    circuit = with_inductance(circuit_of(CIRCUITS["lim"]))
    own_s = median(cpu_s(lambda: _arcs(spectra, circuit)) for _ in range(3)) / len(spectra)
    scipy_s = _scipy_s(trial.samples[:N_SCIPY])
    what = f"batch of {len(spectra)}, paper's circuit, no guess"
    return [
        Figure(
            f"{what}: CPU of fits, Kramers-Kronig test and table",
            1e3 * whole_s,
            "ms a spectrum",
            Bound(high=3),
            Bound(high=1.5),
            f"one thread, median of 3 runs; {1e3 * own_s:.2f} ms for the fits alone",
        ),
        *_against_impedance_py(trial.samples[:N_PEER], own_s, what),
        Figure(
            f"{what}, against scipy least squares from {N_STARTS} starts",
            scipy_s / own_s,
            "times faster",
            Bound(low=40),
            Bound(low=110),
            f"{1e3 * scipy_s:.0f} ms a spectrum, mean of {N_SCIPY}; analytic derivatives, "
            f"log-parameters, weighted by modulus, starts around one guess for all",
        ),
    ]


def _arcs(spectra: list[Spectrum], circuit: Circuit) -> Arcs:
    """Return what the fits alone find, without a look at the spectra before."""
    return arcs_in(fit_batch(batch_of(spectra), circuit))


def _scipy_s(found: list[Sample]) -> float:
    circuit = circuit_of(f"{CIRCUITS['lim']}-L0")
    guess = np.array([5, 50, 1e-5, 0.8, 60, 10, 1e-4, 1e-7])
    return mean(
        cpu_s(partial(best_of_starts, sample.spectrum, circuit, guess, seed))
        for seed, sample in enumerate(found)
    )


def _against_impedance_py(found: list[Sample], own_s: float, what: str) -> list[Figure]:
    if not PEERS_PYTHON.is_file():
        print("  impedance.py is left out, it is not installed; run: make peers")
        return []
    rng = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problems.json"
        path.write_text(json.dumps([_problem(sample, rng) for sample in found]))
        script = FOLDER / "peers" / "impedance_py_fits.py"
        reply = json.loads(output_of([str(PEERS_PYTHON), str(script), str(path)]))
    their_s = mean(reply["cpu_s"])
    share = _recovered_by(reply["parameters"], found)
    return [
        Figure(
            f"{what}, against impedance.py 1.7.1 from a good hand guess",
            their_s / own_s,
            "times faster",
            Bound(low=100),
            Bound(low=240),
            f"{1e3 * their_s:.0f} ms a spectrum, mean of {len(found)} (median "
            f"{1e3 * median(reply['cpu_s']):.0f}), weighted by modulus; it recovers {share:.0f} % "
            f"of the identifiable ones",
        )
    ]


def _problem(sample: Sample, rng: np.random.Generator) -> dict[str, object]:
    """Return a spectrum with a hand's guess, blurred by 30 % in R, a factor of two in others."""
    circuit = CIRCUITS[sample.circuit] + ("-L0" if "L0" in sample.truth else "")
    names = circuit_of(circuit).parameters
    guess = [_guess(name, sample.truth[name], rng) for name in names]
    impedance_ohm = sample.spectrum.impedance_ohm
    return {
        "circuit": circuit,
        "guess": guess,
        "frequency_Hz": sample.spectrum.frequency_Hz.tolist(),
        "real_ohm": impedance_ohm.real.tolist(),
        "imaginary_ohm": impedance_ohm.imag.tolist(),
    }


def _guess(name: str, truth: float, rng: np.random.Generator) -> float:
    if name.endswith("alpha"):
        return float(np.clip(truth + 0.1 * rng.normal(), 0.5, 1.0))
    blur = 1.3 if name.startswith("R") else 2.0
    return float(truth * blur ** rng.normal())


def _recovered_by(parameters: list[list[float] | None], found: list[Sample]) -> float:
    """Return the share of identifiable samples that another tool recovers, in percent."""
    right = []
    for values, sample in zip(parameters, found, strict=True):
        if is_identifiable(sample):
            names = circuit_of(CIRCUITS[sample.circuit]).parameters
            fitted = dict(zip(names, values or [np.nan] * len(names), strict=False))
            ratios = [fitted[name] / sample.truth[name] - 1 for name in ("R1", "R2")]
            right.append(bool(np.max(np.abs(ratios)) <= TOLERANCE))
    return 100 * mean(right)


def _recoveries(trial: Trial) -> list[Figure]:
    trials = {"lim": trial} | {name: _trial(name, N_OTHER) for name in ("z2", "wo")}
    return [
        *(_recovery(name, each) for name, each in trials.items()),
        Figure(
            "R_SEI and R_ct within 10 % of all spectra, paper's circuit",
            100 * float(trial.is_recovered.mean()),
            "%",
            Bound(low=90),
            Bound(low=92.5),
            f"{len(trial.samples)} spectra, 0.5 % noise",
        ),
    ]


def _recovery(name: str, trial: Trial) -> Figure:
    must, good = BOUNDS[name]
    n_identifiable = int(trial.is_identifiable.sum())
    return Figure(
        f"R_SEI and R_ct within 10 % of the identifiable, {WORDS[name]}",
        100 * float(trial.is_recovered[trial.is_identifiable].mean()),
        "%",
        Bound(low=must),
        Bound(low=good),
        f"{n_identifiable} of {len(trial.samples)} spectra are identifiable; no guess",
    )


def _flags(trial: Trial) -> list[Figure]:
    missed = ~trial.is_recovered
    return [
        Figure(
            "misses that are flagged, paper's circuit",
            100 * float(trial.is_flagged[missed].mean()),
            "%",
            Bound(low=90),
            Bound(low=98),
            f"{int(missed.sum())} misses",
        ),
        Figure(
            "R_SEI and R_ct within 10 % of the unflagged, paper's circuit",
            100 * float(trial.is_recovered[~trial.is_flagged].mean()),
            "%",
            Bound(low=98),
            Bound(low=99.9),
            f"{int((~trial.is_flagged).sum())} of {len(trial.samples)} are unflagged",
        ),
    ]


def _total(trial: Trial) -> Figure:
    found_ohm = trial.fit.table["R_int_ohm"].to_numpy(dtype=float)
    error = np.abs(found_ohm / trial.truth_ohm.sum(axis=1) - 1)
    return Figure(
        "R_int = R_SEI + R_ct within 10 %, all spectra, paper's circuit",
        100 * float(np.mean(error <= TOLERANCE)),
        "%",
        Bound(low=99),
        Bound(low=99.5),
    )


def _coverage(trial: Trial) -> Figure:
    """Return how often the truth lies inside the 95 % interval of ln R, both resistances."""
    arcs, freedom = trial.fit.arcs, trial.fit.fit.freedom
    reach = student.ppf(0.975, freedom)[:, None] * arcs.log_resistance_sd
    is_inside = np.abs(np.log(arcs.resistance_ohm / trial.truth_ohm)) <= reach
    unflagged = 100 * float(is_inside[~trial.is_flagged].mean())
    return Figure(
        "95 % confidence intervals that cover, paper's circuit",
        100 * float(is_inside.mean()),
        "%",
        Bound(90, 98),
        Bound(93, 97),
        f"R_SEI and R_ct of all spectra, drifting ones too; of the unflagged {unflagged:.1f} %",
    )


def _scales(trial: Trial) -> Figure:
    """Return how many fits change, but for the scale, when the impedance is scaled."""
    part = trial.samples[:N_OTHER]
    n_other = 0
    for scale in SCALES:
        scaled = [Spectrum(s.spectrum.frequency_Hz, scale * s.spectrum.impedance_ohm) for s in part]
        table = fit_spectra(scaled).table
        found_ohm = table[["R_SEI_ohm", "R_ct_ohm"]].to_numpy(dtype=float) / scale
        is_same = np.all(np.abs(found_ohm / trial.found_ohm[: len(part)] - 1) <= SAME, axis=1)
        is_same &= table["identifiable"].to_numpy(dtype=bool) != trial.is_flagged[: len(part)]
        n_other += int(np.count_nonzero(~is_same))
    return Figure(
        "fits that change when the impedance is scaled by 1e-2 and 1e2",
        n_other,
        f"of {len(SCALES) * len(part)}",
        must=Bound(0, 0),
        note=f"both R within {SAME:g} of the unscaled fit's, and the same flag",
    )


def _outliers(trial: Trial) -> Figure:
    is_kind = np.array([sample.kind == "outliers" for sample in trial.samples])
    chosen = is_kind & trial.is_identifiable
    return Figure(
        "R_SEI and R_ct within 10 % of the identifiable with 1 to 3 outliers",
        100 * float(trial.is_recovered[chosen].mean()),
        "%",
        must=Bound(low=97),
        note=f"{int(chosen.sum())} spectra, paper's circuit",
    )


def _latency() -> Figure:
    found = [sample.spectrum for sample in samples("lim", N_SINGLE, SEED + 1)]
    fit_spectra(found[:1])
    times = [cpu_s(partial(_table, one)) for one in found]
    return Figure(
        "one warm spectrum, arrays to table",
        1e3 * median(times),
        "ms",
        Bound(high=15),
        Bound(high=5),
        f"median CPU of {N_SINGLE}, mean {1e3 * mean(times):.1f}, longest {1e3 * max(times):.0f}",
    )


def _table(spectrum: Spectrum) -> pd.DataFrame:
    return fit_spectra([spectrum]).table


if __name__ == "__main__":
    run(figures)
