"""The Kramers-Kronig test: drift found among clean spectra, damage named, time, real spectra."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from benchmarks.damaged_spectra import DAMAGES, damaged_spectra, good_spectra
from benchmarks.figure import Bound, Figure, run
from benchmarks.spectra import CIRCUITS, Sample, impedance, samples
from benchmarks.stopwatch import median_cpu_s
from features import Spectrum
from features.impedance.circuit import circuit_of
from features.impedance.kramers_kronig import kramers_kronig
from features.impedance.validity import Doubt, spectra_doubts
from training.data_folders import data_folder

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

#: Never used while the test was made.
SEED = 20_261_177
N_CLEAN, N_TIMED = 400, 1000
N_GOOD, N_DAMAGED = 3000, 200
NOISE = 0.005
JUDGED = {
    "the paper's circuit": ("lim", (0.75, 0.80)),
    "two arcs": ("z2", (0.92, 0.96)),
    "two arcs and a tail": ("wo", (None, None)),
}
STILL_KINDS = ("separated", "overlapping", "inductive")
DATA_SET = "zhang2020_eis"


def figures() -> list[Figure]:
    """Return all figures of the validity of spectra."""
    return [
        *(_drift_found(name, *of) for name, of in JUDGED.items()),
        _time(),
        *_damage(),
        *_measured(),
    ]


def _drift_found(name: str, circuit: str, bounds: tuple[float | None, float | None]) -> Figure:
    """Return how well the statistic parts drifting from still spectra of the same noise."""
    still, drifting = _pairs(circuit)
    tables = [kramers_kronig([each.spectrum for each in of]).table for of in (still, drifting)]
    must, good = (None if low is None else Bound(low=low) for low in bounds)
    rms, best = (
        _area_under_curve(*(of[column].to_numpy() for of in tables))
        for column in ("kk_rms", "kk_statistic")
    )
    known = [np.array([_known_statistic(each) for each in of]) for of in (still, drifting)]
    told = [float((~of["is_consistent"]).mean()) for of in tables]
    return Figure(
        f"drift of 2 to 10 % found among still spectra, {name}",
        best,
        "AUC",
        must,
        good,
        f"{N_CLEAN} of each at {NOISE:.1%} noise; by the residual alone {rms:.3f}; who knew "
        f"circuit, parameters and noise: {_area_under_curve(*known):.3f}; told to the user "
        f"{told[1]:.0%}, of the still {told[0]:.1%}",
    )


def _pairs(circuit: str) -> tuple[list[Sample], list[Sample]]:
    found = samples(circuit, 8 * N_CLEAN, SEED, NOISE)
    still = [each for each in found if each.kind in STILL_KINDS][:N_CLEAN]
    extra = samples(circuit, 12 * N_CLEAN, SEED + 1, NOISE)
    drifting = [each for each in extra if each.kind == "drifting"][:N_CLEAN]
    return still, drifting


def _known_statistic(sample: Sample) -> float:
    """Return the statistic of a drift whose shape, circuit, parameters and noise are known.

    No test can do better on average: only the parameters' small changes are fitted.
    """
    frequency_Hz, seen_ohm = sample.spectrum.frequency_Hz, sample.spectrum.impedance_ohm
    circuit = circuit_of(CIRCUITS[sample.circuit] + ("-L0" if "L0" in sample.truth else ""))
    log_truth = np.log([[sample.truth[name] for name in circuit.parameters]])
    value, slopes = circuit.evaluate(log_truth, np.log(2 * np.pi * frequency_Hz)[None])
    step = 1e-4 * np.linspace(-0.5, 0.5, frequency_Hz.size)
    ends = [impedance(sample.circuit, sample.truth, frequency_Hz, 1 + s) for s in (step, -step)]
    weight = 1 / (np.abs(value[0]) * sample.noise)
    change, residual = (
        _stacked(each * weight) for each in (ends[0] - ends[1], seen_ohm - value[0])
    )
    factor = np.linalg.qr(np.array([_stacked(each * weight) for each in slopes[0]]).T)[0]
    change -= factor @ (factor.T @ change)
    return float(abs(change @ residual) / np.linalg.norm(change))


def _stacked(values: ComplexArray) -> Array:
    return np.concatenate([values.real, values.imag])


def _area_under_curve(still: Array, drifting: Array) -> float:
    """Return how often a drifting spectrum scores above a still one."""
    ranks = rankdata(np.concatenate([still, drifting]))[still.size :]
    least = drifting.size * (drifting.size + 1) / 2
    return float((ranks.sum() - least) / (still.size * drifting.size))


def _time() -> Figure:
    spectra = [each.spectrum for each in samples("lim", N_TIMED, SEED + 2, NOISE)]
    (total_s,) = median_cpu_s(lambda: kramers_kronig(spectra).table)
    (one_s,) = median_cpu_s(lambda: kramers_kronig(spectra[:1]).table)
    return Figure(
        "Kramers-Kronig test, distribution of relaxation times among it",
        1e3 * total_s / N_TIMED,
        "ms a spectrum",
        Bound(high=1.0),
        Bound(high=0.3),
        f"CPU, batch of {N_TIMED}, 21 frequency grids; one spectrum alone {1e3 * one_s:.1f} ms",
    )


def _damage() -> list[Figure]:
    """Return false alarms on good spectra, and how often each damage is called by its name."""
    good = spectra_doubts(good_spectra(N_GOOD, SEED + 3))
    alarms = Figure(
        f"false alarms on {N_GOOD} good spectra",
        _share([bool(doubts) for doubts in good]),
        "fraction",
        Bound(high=0.01),
        note="three circuits, 0.1 to 2 % noise, a fifth with 1 to 3 outliers, a fifth inductive",
    )
    return [alarms, *(_named(damage) for damage in DAMAGES)]


def _named(damage: str) -> Figure:
    found = spectra_doubts(damaged_spectra(damage, N_DAMAGED, SEED + 4))
    names = DAMAGES[damage][1]
    told = _share([bool(doubts) for doubts in found])
    refused = _share([any(doubt.refuses for doubt in doubts) for doubts in found])
    return Figure(
        f"{damage}: called so",
        _share([any(doubt.kind in names for doubt in doubts) for doubts in found]),
        "fraction",
        note=f"doubted {told:.3g}, refused {refused:.3g} of {N_DAMAGED}",
    )


def _measured() -> list[Figure]:
    """Return the verdicts on real spectra of cells at rest."""
    spectra = _zhang_spectra()
    (total_s,) = median_cpu_s(lambda: kramers_kronig(spectra).table)
    table = kramers_kronig(spectra).table
    doubts = spectra_doubts(spectra)
    has_verdict = table["is_consistent"] | (table["reason"] != "")
    kinds = sorted({doubt.kind for each in doubts for doubt in each})
    counts = ", ".join(
        f"{kind} {_share([_has(kind, each) for each in doubts]):.1%}" for kind in kinds
    )
    return [
        Figure(
            f"real spectra of {DATA_SET} with a verdict",
            float(has_verdict.mean()),
            "fraction",
            Bound(low=1.0),
            note=f"{len(spectra)} spectra, {table['is_consistent'].mean():.1%} consistent, median "
            f"residual {table['kk_rms'].median():.2%}, highest {table['kk_rms'].max():.2%}; "
            f"doubted: {counts or 'none'}; {1e3 * total_s / len(spectra):.2f} ms each",
        )
    ]


def _zhang_spectra() -> list[Spectrum]:
    table = pd.read_parquet(data_folder(DATA_SET) / "spectra.parquet")
    return [
        Spectrum(
            rows["freq_hz"].to_numpy(),
            (rows["z_real_ohm"] + 1j * rows["z_imag_ohm"]).to_numpy(),
            cycle=int(rows["cycle"].iloc[0]),
        )
        for _, rows in table.groupby(["cell", "cycle"], sort=False)
    ]


def _has(kind: str, doubts: Sequence[Doubt]) -> bool:
    return any(doubt.kind == kind for doubt in doubts)


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


if __name__ == "__main__":
    run(figures)
