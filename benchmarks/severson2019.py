"""Cycle life from the first 100 cycles, Severson et al. 2019, published split.

The champion is chosen by cross-validation on the 41 training cells only; the tests are
all 43 and 40 cells, among them the one that died at 148 cycles.
"""

import numpy as np

from benchmarks.figure import Bound, Figure, run
from features import describe
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.fit import Trained, train
from training.run_config import load_config

VARIANCE = "log10_discharge_difference_variance_Ah2"
#: RMSE in cycles of the published one-descriptor model (doi:10.1149/1945-7111/ac2704).
PUBLISHED = {"train": 104, "test1": 138, "test2": 196}
RMSE_BOUNDS = {"test1": (91, 65), "test2": (210, 195)}
PERCENT_BOUNDS = {"test1": (13.0, 8.5), "test2": (10.7, 9.2)}
OUTLIER = "test1_22"


def figures() -> list[Figure]:
    """Return the figures of the variance model, the champion and its interval."""
    config = load_config("cycle_life-severson2019")
    cohort = load_cohort(config.cohort)
    trained = train(config, cohort)
    return [*_variance_model(cohort), *_champion(trained), *_intervals(trained), _outlier(trained)]


def _variance_model(cohort: Cohort) -> list[Figure]:
    """Reproduce log10 life as a straight line in log10 var(Q100 - Q10)."""
    x = describe(cohort.cells, [VARIANCE], n_cycles=100).values[VARIANCE]
    life = cohort.outcomes["cycle_life_cycles"]
    rows = {split: list(ids) for split, ids in cohort.splits.items()}
    line = np.polyfit(x[rows["train"]], np.log10(life[rows["train"]]), 1)
    found = []
    for split, ids in rows.items():
        error = 10 ** np.polyval(line, x[ids]) - life[ids]
        published = PUBLISHED[split]
        found.append(
            Figure(
                f"variance model, RMSE {split}",
                float(np.sqrt(np.mean(error**2))),
                "cycles",
                must=Bound(published - 2, published + 2),
                note=f"published {published}",
            )
        )
    return found


def _champion(trained: Trained) -> list[Figure]:
    found = []
    for split, score in trained.scores.items():
        rmse, percent = RMSE_BOUNDS[split], PERCENT_BOUNDS[split]
        beside = f"{trained.champion.label}; dummy {score['rmse_dummy']:.0f}, " + (
            f"variance model {score['rmse_baseline']:.0f}"
        )
        found += [
            Figure(
                f"champion, RMSE {split}",
                score["rmse"],
                "cycles",
                Bound(high=rmse[0]),
                Bound(high=rmse[1]),
                beside,
            ),
            Figure(
                f"champion, relative error {split}",
                100 * score["mape"],
                "%",
                Bound(high=percent[0]),
                Bound(high=percent[1]),
                f"dummy {100 * score['mape_dummy']:.1f} %",
            ),
        ]
    return found


def _intervals(trained: Trained) -> list[Figure]:
    return [
        Figure(
            f"90 % interval covers, {split}",
            100 * score["coverage"],
            "%",
            must=Bound(84, 98),
            note=f"median width {score['width']:.0%} of the prediction",
        )
        for split, score in trained.scores.items()
    ]


def _outlier(trained: Trained) -> Figure:
    part = next(part for part in trained.held_out if OUTLIER in part.cell_ids)
    row = part.cell_ids.index(OUTLIER)
    flagged = "outside its domain" if not part.in_domain[row] else "NOT flagged"
    return Figure(
        "the cell that died at 148 cycles, predicted",
        float(part.value[row]),
        "cycles",
        note=f"flagged {flagged}; interval {part.lower[row]:.0f} to {part.upper[row]:.0f}",
    )


if __name__ == "__main__":
    run(figures)
