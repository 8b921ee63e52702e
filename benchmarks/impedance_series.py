"""Series of spectra fitted together, the choice of a circuit, and the founding paper's two cells.

Spectra of known truth, made here; those of the virtual lab are simulated too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Bound, Figure, run
from benchmarks.spectra import CIRCUITS
from benchmarks.spectra_choice import ArcSample, arc_samples
from benchmarks.spectra_series import CellSeries, cell_series, symmetric_cell
from benchmarks.stopwatch import cpu_s
from features import SeriesFit, Spectrum, choose_circuit, fit_series
from training.virtual_lab import founding_recipe, simulate
from training.virtual_lab.recipes import LI_LI, FoundingCoating

Array = NDArray[np.float64]

#: Not the seeds with which anything was chosen.
SEED, CHOICE_SEED, LAB_SEEDS = 47115, 88217, range(300, 310)
N_CELLS, N_CYCLES, N_CHOICES = 60, 30, 240
NOISE, TOLERANCE = 0.02, 0.10
AREA_cm2 = 0.5
#: Differences beyond so many standard deviations are told.
TOLD_MULTIPLE = 3.0
WORDS = {"lim": "paper's circuit", "z2": "two R-CPE arcs"}


@dataclass(frozen=True, eq=False)
class Trial:
    """Cells and the fits of their series."""

    cells: list[CellSeries]
    fits: list[SeriesFit]
    cpu_s: float

    @property
    def truth_ohm(self) -> Array:
        """Return the true resistances of both arcs, shape (n_spectra, 2)."""
        return np.concatenate([cell.truth("R1", "R2") for cell in self.cells])

    @property
    def is_recovered(self) -> NDArray[np.bool_]:
        """Return where the joint fit has both resistances within the tolerance."""
        return _is_near(np.concatenate([fit.arcs.resistance_ohm for fit in self.fits]), self)

    @property
    def is_recovered_alone(self) -> NDArray[np.bool_]:
        """Return the same of the spectra fitted each by itself."""
        return _is_near(np.concatenate([fit.single.arcs.resistance_ohm for fit in self.fits]), self)

    @property
    def is_told(self) -> NDArray[np.bool_]:
        """Return where the fit says that the arcs can be told apart."""
        return np.concatenate([[not text for text in fit.reasons] for fit in self.fits])

    @property
    def is_swapped(self) -> NDArray[np.bool_]:
        """Return where an arc peaks nearer to the true place of the other."""
        found = np.log(np.concatenate([fit.arcs.frequency_Hz for fit in self.fits]))
        truth = np.log(np.concatenate([_apexes_Hz(cell) for cell in self.cells]))
        own, other = np.abs(found - truth), np.abs(found - truth[:, ::-1])
        return np.asarray(np.all(other < own, axis=1))


def figures() -> list[Figure]:
    """Return all figures of series and choice."""
    return [*_series("lim"), *_series("z2"), *_choices(), *_published_cells()]


def _series(circuit: str) -> list[Figure]:
    trial = _trial(circuit)
    is_papers = circuit == "lim"
    what = f"joint fit over {N_CYCLES} cycles, separated arcs, 2 % noise, {WORDS[circuit]}"
    n_spectra = trial.is_told.size
    return [
        Figure(
            f"{what}: both R within 10 %",
            100 * float(trial.is_recovered.mean()),
            "%",
            Bound(low=93) if is_papers else None,
            Bound(low=95) if is_papers else None,
            f"{n_spectra} spectra of {N_CELLS} cells; each fitted by itself "
            f"{100 * trial.is_recovered_alone.mean():.1f} %",
        ),
        Figure(
            f"{what}: arc swaps",
            int(trial.is_swapped.sum()),
            f"of {n_spectra}",
            must=Bound(0, 0),
            note="both arcs peak nearer to where the other truly does",
        ),
        Figure(
            f"{what}: both R within 10 % of the unflagged",
            100 * float(trial.is_recovered[trial.is_told].mean()),
            "%",
            note=f"{int(trial.is_told.sum())} of {n_spectra} are unflagged",
        ),
        Figure(
            f"{what}: CPU of single and joint fits",
            1e3 * trial.cpu_s / n_spectra,
            "ms a spectrum",
            good=Bound(high=10),
            note="one thread, table and Kramers-Kronig test included",
        ),
    ]


def _trial(circuit: str) -> Trial:
    cells = cell_series(circuit, N_CELLS, SEED, n_cycles=N_CYCLES, noise=NOISE)
    fits: list[SeriesFit] = []
    spent_s = cpu_s(
        lambda: fits.extend(_tabulated(cell.spectra, CIRCUITS[circuit]) for cell in cells)
    )
    return Trial(cells, fits, spent_s)


def _tabulated(spectra: list[Spectrum], circuit: str) -> SeriesFit:
    fit = fit_series(spectra, circuit)
    _ = fit.table
    return fit


def _is_near(found_ohm: Array, trial: Trial) -> NDArray[np.bool_]:
    return np.asarray(np.all(np.abs(found_ohm / trial.truth_ohm - 1) <= TOLERANCE, axis=1))


def _apexes_Hz(cell: CellSeries) -> Array:
    R1, Q1, alpha, R2 = cell.truth("R1", "CPE1_Q", "CPE1_alpha", "R2").T
    first_Hz = (R1 * Q1) ** (-1 / alpha) / (2 * np.pi)
    if cell.samples[0].circuit == "lim":
        return np.stack([first_Hz, 1 / (2 * np.pi * R2 * cell.truth("C2")[:, 0])], axis=1)
    Q2, alpha_2 = cell.truth("CPE2_Q", "CPE2_alpha").T
    return np.stack([first_Hz, (R2 * Q2) ** (-1 / alpha_2) / (2 * np.pi)], axis=1)


def _choices() -> list[Figure]:
    found = arc_samples(N_CHOICES, CHOICE_SEED)
    is_right: list[bool] = []
    spent_s = cpu_s(lambda: is_right.extend(_is_right(sample) for sample in found))
    is_known = np.array([sample.is_identifiable() for sample in found])
    right = np.array(is_right)
    return [
        Figure(
            "choice among 1, 2 and 3 separated arcs with and without a tail, 0.5 % noise: right",
            100 * float(right.mean()),
            "%",
            Bound(low=90),
            Bound(low=97),
            f"{N_CHOICES} spectra, number of arcs and tail; of the {int(is_known.sum())} whose "
            f"arcs are identifiable {100 * right[is_known].mean():.1f} %; "
            f"{1e3 * spent_s / N_CHOICES:.0f} ms a spectrum",
        )
    ]


def _is_right(sample: ArcSample) -> bool:
    choice = choose_circuit([sample.spectrum])
    return choice.n_arcs == sample.n_arcs and choice.has_tail == sample.has_tail


def _published_cells() -> list[Figure]:
    lab = [(_of_the_lab("bare", seed), _of_the_lab("Cu3N+SBR", seed)) for seed in LAB_SEEDS]
    plain = [(_plain(False, seed), _plain(True, seed)) for seed in LAB_SEEDS]
    return [
        *_told_apart("virtual lab, simulated", lab),
        *_told_apart("plain generator, simulated", plain),
    ]


def _told_apart(source: str, pairs: list[tuple[SeriesFit, SeriesFit]]) -> list[Figure]:
    n_told = sum(_grows_faster(bare, coated) for bare, coated in pairs)
    n_fallen = sum(_has_fallen(bare) for bare, _ in pairs)
    all_of = Bound(len(pairs), len(pairs))
    slopes = [[_measure(fit, "per_cycle")[0] for fit in pair] for pair in pairs]
    bare, coated = np.median(slopes, axis=0)
    ratio = np.median([_measure(pair[0], "R_ct_ratio")[0] for pair in pairs])
    return [
        Figure(
            f"P9, {source}: growth of R_SEI tells bare from coated",
            n_told,
            f"of {len(pairs)} pairs",
            must=all_of,
            note=f"median {bare:.3f} and {coated:.3f} ohm cm2 a cycle",
        ),
        Figure(
            f"P9, {source}: fall of R_ct of bare is seen",
            n_fallen,
            f"of {len(pairs)}",
            must=all_of,
            note=f"median last over first {ratio:.2f}",
        ),
    ]


def _of_the_lab(coating: FoundingCoating, seed: int) -> SeriesFit:
    recipe = founding_recipe(coating, cell=LI_LI, current_density_mA_cm2=0.5)
    cycles = range(0, 201, 10)
    cell = simulate(recipe, seed=seed, n_cycles=1, area_cm2=AREA_cm2, spectrum_cycles=cycles).cell
    return fit_series(cell.spectra, area_cm2=AREA_cm2)


def _plain(is_coated: bool, seed: int) -> SeriesFit:
    return fit_series(symmetric_cell(is_coated, seed), area_cm2=AREA_cm2)


def _grows_faster(bare: SeriesFit, coated: SeriesFit) -> bool:
    (fast, fast_sd), (slow, slow_sd) = (_measure(fit, "per_cycle") for fit in (bare, coated))
    return bool(fast - slow > TOLD_MULTIPLE * np.hypot(fast_sd, slow_sd))


def _has_fallen(bare: SeriesFit) -> bool:
    ratio, sd = _measure(bare, "R_ct_ratio")
    return bool(1 - ratio > TOLD_MULTIPLE * sd)


def _measure(fit: SeriesFit, ending: str) -> tuple[float, float]:
    """Return a measure of growth and its error; nan, where there is none, is never told."""
    row = next(index for index in fit.growth.index if str(index).endswith(ending))
    return float(fit.growth.loc[row, "value"]), float(fit.growth.loc[row, "sd"])


if __name__ == "__main__":
    run(figures)
