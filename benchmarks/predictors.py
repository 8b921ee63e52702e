"""Predictors on further sets: a few coatings, impedance alone, and more evidence for one cell.

Groups are held out whole, and the champion is chosen anew in every outer fold, on the cells
that are left. Nothing was chosen by these figures.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.figure import Bound, Figure, run
from features.errors import InvalidRecord, MissingData
from training.artefacts import contender
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.comparison import paired
from training.evaluation import HeldOut
from training.fit import Trained, train
from training.held_out_file import Contender
from training.run_config import load_config

#: Each tier sees what the one before sees, and more.
TIERS = ("recipe", "20_cycles", "20_cycles_and_spectra")


def figures() -> list[Figure]:
    """Return the figures of every set that is on this machine."""
    found: list[Figure] = []
    for part in (_interphases, _spectra, _tiers):
        try:
            found += part()
        except MissingData as error:
            print(f"  left out: {error}")
    return found


def _trained(name: str, cohort: Cohort | None = None) -> Trained:
    config = load_config(name)
    return train(config, cohort if cohort is not None else load_cohort(config.cohort))


def _interphases() -> list[Figure]:
    """Nineteen sputtered interphases, one left out at a time."""
    trained = _trained("coulombic_efficiency-hea_interphase")
    (score,) = trained.scores.values()
    return [
        Figure(
            "HEA interphase, lce RMSE, one recipe left out",
            score["rmse_scale"],
            "lce",
            note=f"dummy {score['rmse_scale_dummy']:.3f}, sputtering time alone "
            f"{score['rmse_scale_baseline']:.3f}: no claim to be better than either",
        ),
        Figure(
            "HEA interphase, interval covers",
            100 * score["coverage"],
            "%",
            Bound(low=84),
            note=f"of {score['level']:.0%}; median width {score['width']:.0%} of the CE",
        ),
        _inside("HEA interphase", trained),
    ]


def _inside(label: str, trained: Trained) -> Figure:
    """Return how many of the cells inside the domain are held; those outside are promised none."""
    (part,) = trained.held_out
    is_held = (part.lower <= part.truth) & (part.truth <= part.upper)
    return Figure(
        f"{label}, interval covers those inside the domain",
        100 * float(np.mean(is_held[part.in_domain])),
        "%",
        Bound(low=84),
        note=f"of {part.level:.0%}; {np.mean(~part.in_domain):.0%} of the cells are flagged",
    )


def _spectra() -> list[Figure]:
    """Capacity left from one spectrum, each coin cell unseen."""
    trained = _trained("capacity_retention-zhang2020")
    (score,) = trained.scores.values()
    return [
        Figure(
            "Zhang state of health from a spectrum, unseen coin cells, MAE",
            score["mae"],
            "fraction",
            Bound(high=0.10),
            Bound(high=0.05),
            f"dummy {score['mae_dummy']:.3f}, phase at 0.1 Hz alone {score['mae_baseline']:.3f}",
        ),
        Figure(
            "Zhang state of health, interval covers",
            100 * score["coverage"],
            "%",
            note=f"of {score['level']:.0%}: five coin cells carry no more",
        ),
        _inside("Zhang state of health", trained),
    ]


def _tiers() -> list[Figure]:
    """Life of simulated coated cells, from ever more evidence."""
    cohort = load_cohort("virtual")
    coated = {
        cell.cell_id
        for cell in cohort.cells
        if cell.recipe.coating is not None and not cell.recipe.coating.is_bare
    }
    of_tiers = [
        _of_cells(contender(_trained(f"cycle_life-virtual-{tier}", cohort), tier), coated)
        for tier in TIERS
    ]
    return [_tier_figure(of_tiers, number) for number in range(len(TIERS))]


def _tier_figure(of_tiers: Sequence[Contender], number: int) -> Figure:
    """Return how surely a tier is better than the one before; of the first, its error."""
    tier = of_tiers[number]
    (part,) = tier.held_out
    error = np.log10(part.value / part.truth)
    width = float(np.median(np.log10(part.upper / part.lower)))
    rmse = float(np.sqrt(np.mean(error**2)))
    name = f"virtual coated cells (simulated), life from {tier.name}"
    if number == 0:
        note = f"median interval {width:.2f} decades wide"
        return Figure(f"{name}, log10 RMSE", rmse, "log10(cycles)", note=note)
    gap = paired(tier, of_tiers[number - 1])
    if gap is None:
        raise InvalidRecord(f"Tiers {tier.name} and {of_tiers[number - 1].name} share no cell.")
    return Figure(
        f"{name}, better than from {of_tiers[number - 1].name} with P",
        gap.probability_better,
        "",
        Bound(low=0.95),
        note=f"log10 RMSE {gap.rmse:.3f} against {gap.rmse_other:.3f} on {gap.n_cells} cells; "
        f"median interval {width:.2f} decades wide",
    )


def _of_cells(found: Contender, ids: set[str]) -> Contender:
    """Return a contender's answers for some cells."""
    (part,) = found.held_out
    rows = np.array([row for row, name in enumerate(part.cell_ids) if name in ids])
    kept = HeldOut(
        split=part.split,
        cell_ids=tuple(part.cell_ids[row] for row in rows),
        groups=tuple(part.groups[row] for row in rows),
        truth=part.truth[rows],
        value=part.value[rows],
        lower=part.lower[rows],
        upper=part.upper[rows],
        level=part.level,
        in_domain=part.in_domain[rows],
        has_kin=part.has_kin[rows],
        is_censored=part.is_censored[rows],
    )
    return Contender(
        found.name, found.target, found.scale, found.model, found.n_descriptors, (kept,)
    )


if __name__ == "__main__":
    run(figures)
