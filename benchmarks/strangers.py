"""Cells of other sets, papers, chemistries and batches: held by the interval, or flagged.

Every model answers, without a change, for all real cells of the other sets whose outcome is
known, and for what it was never trained on in its own. Inside the domain the interval must
hold; whatever it does not hold must be flagged.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.figure import Bound, Figure, run
from features.errors import MissingData
from features.records import Cell
from models.predictor import Predictor
from models.scales import scale_of
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.described import described
from training.evaluation import HeldOut, holds, pooled
from training.fit import FoldJob, fit_champion, outer_folds, run_fold
from training.run_config import load_config
from training.splits import family_folds
from training.target import Array, Mask

#: Of real cells; what is simulated is a stranger to none and measured by none.
COHORTS = ("kim2023", "hea_interphase", "severson2019", "zhang2020", "literature")
RUNS = (
    "coulombic_efficiency-kim2023",
    "coulombic_efficiency-hea_interphase",
    "coulombic_efficiency-virtual-recipe",
    "coulombic_efficiency-virtual-20_cycles",
    "cycle_life-severson2019",
    "cycle_life-virtual-recipe",
    "cycle_life-virtual-20_cycles",
    "capacity_retention-zhang2020",
)
OUTCOMES = {
    "coulombic_efficiency": "ce_fraction",
    "cycle_life": "cycle_life_cycles",
    "capacity_retention": "capacity_retention_fraction",
}
LEAST_PERCENT = 84


@dataclass(frozen=True, eq=False)
class Met:
    """Strangers and what a model said of them: arrays of one entry a cell.

    Attributes
    ----------
    is_held, is_flagged : bool arrays
    error : float array
        On the learning scale.
    """

    is_held: Mask
    is_flagged: Mask
    error: Array

    @property
    def n_inside(self) -> int:
        """Return how many were not flagged."""
        return int(np.sum(~self.is_flagged))

    @property
    def note(self) -> str:
        """Return the shares behind a figure."""
        inside = f"of {self.n_inside} inside {np.sum(self.is_held & ~self.is_flagged)} are held"
        return f"{len(self.is_held)} cells, {np.mean(self.is_flagged):.0%} flagged; {inside}"


def figures() -> list[Figure]:
    """Return how many strangers are held or flagged, and how well those not flagged are held."""
    cohorts = dict(_real_cohorts())
    found = []
    for name in RUNS:
        try:
            met = _met_by(name, cohorts)
        except MissingData as error:
            print(f"  left out: {error}")
            continue
        found.append(_of_other_sets(name, met))
    for part in (_electrolytes, _policies_and_batches):
        try:
            found += part()
        except MissingData as error:
            print(f"  left out: {error}")
    return found


def _real_cohorts() -> Iterator[tuple[str, Cohort]]:
    for name in COHORTS:
        try:
            yield name, load_cohort(name)
        except MissingData as error:
            print(f"  left out: {error}")


# ------------------------------------------------------------------------------ other sets


def _met_by(name: str, cohorts: dict[str, Cohort]) -> dict[str, Met]:
    """Return what a model says of the cells of every other set that knows its target."""
    config = load_config(name)
    own = cohorts.get(config.cohort) or load_cohort(config.cohort)
    data, _ = described(config, own)
    learnt = data.rows_of(own.splits["train"]) if own.splits else data
    predictor, _, _ = fit_champion(config, learnt)
    others = {other: each for other, each in cohorts.items() if other != config.cohort}
    met = {other: _answers(predictor, each) for other, each in others.items()}
    return {other: each for other, each in met.items() if each is not None}


def _answers(predictor: Predictor, cohort: Cohort) -> Met | None:
    column = OUTCOMES[predictor.target]
    if column not in cohort.outcomes:
        return None
    truth = cohort.outcomes[column].to_numpy(dtype=float)
    scale = scale_of(predictor.task.scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.flatnonzero(np.isfinite(scale.forward(truth)))
    cells: Sequence[Cell] = [cohort.cells[row] for row in known]
    if not cells:
        return None
    level = predictor.interval.default_level
    found = predictor.predict(cells, level, explain=False)
    value, lower, upper = (
        np.array([getattr(each, name) for each in found]) for name in ("value", "lower", "upper")
    )
    is_bound = _is_bound(cohort, column)[known]
    return Met(
        is_held=(truth[known] <= upper) & (is_bound | (lower <= truth[known])),
        is_flagged=np.array([not each.in_domain for each in found]),
        error=scale.forward(value) - scale.forward(truth[known]),
    )


def _is_bound(cohort: Cohort, column: str) -> Mask:
    if column != "cycle_life_cycles" or "is_censored" not in cohort.outcomes:
        return np.zeros(len(cohort.cells), dtype=bool)
    return cohort.outcomes["is_censored"].to_numpy(dtype=bool)


def _of_other_sets(name: str, met: dict[str, Met]) -> Figure:
    is_held, is_flagged = (
        np.concatenate([getattr(each, field) for each in met.values()])
        for field in ("is_held", "is_flagged")
    )
    return Figure(
        f"{name}, cells of other sets held or flagged",
        100 * float(np.mean(is_held | is_flagged)),
        "%",
        Bound(low=LEAST_PERCENT),
        note="; ".join(f"{other}: {each.note}" for other, each in met.items()),
    )


# --------------------------------------------------------------------- held out of its own


def _electrolytes() -> list[Figure]:
    """Return how papers and solvent families fare that the model has not seen."""
    config = load_config("coulombic_efficiency-kim2023")
    data, _ = described(config, load_cohort(config.cohort))
    groups, families = data.cohort.groups, data.cohort.families
    jobs = outer_folds(config.model_copy(update={"holds_out_families": False}), data)
    splits = [
        FoldJob(config, "families", number, data.rows(train), data.rows(held_out))
        for number, (train, held_out) in enumerate(family_folds(families, groups))
    ]
    return [
        _inside("Kim, papers held out", jobs, "lce"),
        _inside("Kim, solvent families and all their papers held out", splits, "lce"),
    ]


def _policies_and_batches() -> list[Figure]:
    """Return how the published tests fare, and whole batches of the same laboratory."""
    config = load_config("cycle_life-severson2019")
    cohort = load_cohort(config.cohort)
    data, _ = described(config, replace(cohort, splits={}))
    train = data.rows_of(cohort.splits["train"])
    tests = [
        FoldJob(config, split, 0, train, data.rows_of(ids))
        for split, ids in cohort.splits.items()
        if split != "train"
    ]
    batch = np.array([cell.source.batch for cell in data.cohort.cells])
    batches = [
        FoldJob(
            config,
            "batches",
            number,
            data.rows(np.flatnonzero(batch != name)),
            data.rows(np.flatnonzero(batch == name)),
        )
        for number, name in enumerate(dict.fromkeys(batch.tolist()))
    ]
    return [
        _inside("Severson, published tests", tests, "log10"),
        _inside("Severson, whole batches of the same laboratory held out", batches, "log10"),
    ]


def _inside(label: str, jobs: Sequence[FoldJob], scale: str) -> Figure:
    """Return how many of the cells inside the domain are held."""
    part = pooled([run_fold(job).held_out for job in jobs], label)
    met = _of_part(part, scale)
    rmse = [_rmse(met.error[mask]) for mask in (~met.is_flagged, met.is_flagged)]
    return Figure(
        f"{label}: of those inside the domain held",
        100 * float(np.mean(met.is_held[~met.is_flagged])),
        "%",
        Bound(low=LEAST_PERCENT),
        note=f"of {part.level:.0%}; {met.note}; RMSE {rmse[0]:.3f} inside, {rmse[1]:.3f} flagged",
    )


def _of_part(part: HeldOut, scale: str) -> Met:
    forward = scale_of(scale).forward
    return Met(
        is_held=holds(part.lower, part.upper, part),
        is_flagged=~part.in_domain,
        error=forward(part.value) - forward(part.truth),
    )


def _rmse(error: Array) -> float:
    return float(np.sqrt(np.mean(error**2))) if error.size else 0.0


if __name__ == "__main__":
    run(figures)
