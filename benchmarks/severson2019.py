"""Cycle life from the first 100 cycles, Severson et al. 2019, published split.

The champion is chosen by cross-validation on the 41 training cells only; the tests are
all 43 and 40 cells, among them the one that died at 148 cycles.
"""

import math
from dataclasses import replace

import numpy as np

from benchmarks.figure import Bound, Figure, run
from features import describe
from models.open_end import OPEN_FACTOR, is_open
from models.scales import scale_of
from training.artefacts import contender
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.comparison import of_baseline
from training.evaluation import HeldOut, pooled, scores
from training.fit import Trained, train
from training.run_config import load_config

VARIANCE = "log10_discharge_difference_variance_Ah2"
#: RMSE in cycles of the published one-descriptor model (doi:10.1149/1945-7111/ac2704).
PUBLISHED = {"train": 104, "test1": 138, "test2": 196}
RMSE_BOUNDS = {"test1": (65, 58), "test2": (210, 179)}
PERCENT_BOUNDS = {"test1": (13.0, 8.5), "test2": (10.7, 9.2)}
OUTLIER = "test1_22"
CUT_CYCLES = 520
#: Models that learn from a bound as from a bound.
SURVIVAL = ("tobit", "weibull", "boosted_survival")


def figures() -> list[Figure]:
    """Return the figures of the variance model, the champion and its interval."""
    config = load_config("cycle_life-severson2019")
    cohort = load_cohort(config.cohort)
    trained = train(config, cohort)
    return [
        *_variance_model(cohort),
        *_champion(trained),
        *_both_tests(trained),
        *_intervals(trained),
        _outlier(trained),
        *_from_50_cycles(cohort),
        *_censored(cohort),
    ]


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


def _both_tests(trained: Trained) -> list[Figure]:
    """Return the error over all 83 test cells, and how surely it is below the variance model's."""
    found = of_baseline(contender(trained), "baseline")
    return [
        Figure(
            "champion, log10 RMSE of the 83 test cells",
            found.rmse,
            "log10(cycles)",
            Bound(high=0.062),
            Bound(high=0.058),
            f"variance model {found.rmse_other:.4f}",
        ),
        Figure(
            "champion beats the variance model with P",
            found.probability_better,
            "",
            Bound(low=0.95),
            Bound(low=0.99),
            f"paired bootstrap over {found.n_groups} charging policies",
        ),
    ]


def _from_50_cycles(cohort: Cohort) -> list[Figure]:
    trained = train(load_config("cycle_life-severson2019-50_cycles"), cohort)
    return [
        Figure(
            f"from 50 cycles, RMSE {split}",
            score["rmse"],
            "cycles",
            Bound(high=must),
            Bound(high=good),
            f"{trained.champion.label}; interval covers {score['coverage']:.0%}",
        )
        for (split, score), (must, good) in zip(
            trained.scores.items(), ((138, 110), (250, 212)), strict=True
        )
    ]


def _censored(cohort: Cohort) -> list[Figure]:
    """Cut the training lives at 520 cycles, as if those tests had been stopped alive."""
    outcomes = cohort.outcomes.copy()
    is_cut = (outcomes["cycle_life_cycles"] > CUT_CYCLES) & outcomes.index.isin(
        cohort.splits["train"]
    )
    outcomes["is_censored"] = is_cut
    outcomes.loc[is_cut, "cycle_life_cycles"] = CUT_CYCLES
    config = load_config("cycle_life-severson2019")
    config = config.model_copy(update={"models": SURVIVAL, "is_interval_scaled": False})
    trained = train(config, replace(cohort, outcomes=outcomes))
    part = pooled(trained.held_out, "both tests")
    score = scores(part, scale_of("log10"))
    share = is_cut.sum() / len(cohort.splits["train"])
    note = f"{trained.champion.label}; {share:.0%} of the training lives are bounds"
    return [
        Figure(
            f"lives cut at {CUT_CYCLES}, log10 RMSE of the 83 test cells",
            score["rmse_scale"],
            "log10(cycles)",
            Bound(high=0.135),
            Bound(high=0.087),
            note,
        ),
        Figure(
            f"lives cut at {CUT_CYCLES}, c-index",
            score["c_index"],
            "",
            Bound(low=0.88),
            Bound(low=0.90),
        ),
        *_censored_intervals(part, trained),
    ]


def _censored_intervals(part: HeldOut, trained: Trained) -> list[Figure]:
    """Return what intervals are worth where half of the lives were never seen to end."""
    has_open_end = is_open(trained.predictor.cells, part.upper)
    width = (part.upper - part.lower) / part.value
    closed = 100 * float(np.median(width[~has_open_end])) if not has_open_end.all() else math.nan
    covers = 100 * float(np.mean((part.lower <= part.truth) & (part.truth <= part.upper)))
    return [
        Figure(
            f"lives cut at {CUT_CYCLES}, 90 % interval covers",
            covers,
            "%",
            Bound(low=84),
            note=f"{np.mean(has_open_end):.0%} are open above, for which "
            f"{OPEN_FACTOR:g} times the longest life seen to end stands",
        ),
        Figure(
            f"lives cut at {CUT_CYCLES}, median width of the closed intervals over the prediction",
            closed,
            "%",
            note=f"{np.sum(~has_open_end)} of {len(part.value)} cells; of all, "
            f"{100 * float(np.median(width)):.0f} %",
        ),
    ]


def _intervals(trained: Trained) -> list[Figure]:
    found = []
    for split, score in trained.scores.items():
        covers, width = 100 * score["coverage"], 100 * score["width"]
        found += [
            Figure(f"90 % interval covers, {split}", covers, "%", Bound(84, 98), Bound(88, 97)),
            Figure(
                f"90 % interval, median width over the prediction, {split}",
                width,
                "%",
                Bound(high=56),
                Bound(high=38),
            ),
        ]
    return found


def _outlier(trained: Trained) -> Figure:
    part = next(part for part in trained.held_out if OUTLIER in part.cell_ids)
    row = part.cell_ids.index(OUTLIER)
    flagged = "outside its domain" if not part.in_domain[row] else "NOT flagged"
    return Figure(
        "the cell that died at 148 cycles, predicted",
        float(part.value[row]),
        "cycles",
        Bound(high=400),
        Bound(high=250),
        note=f"flagged {flagged}; interval {part.lower[row]:.0f} to {part.upper[row]:.0f}",
    )


if __name__ == "__main__":
    run(figures)
