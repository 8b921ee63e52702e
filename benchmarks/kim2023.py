"""Coulombic efficiency of 150 electrolytes, Kim et al. 2023, whole papers held out.

Ten outer folds of papers, in each of which the champion is chosen anew; five shuffles. That
current and capacity enter by their logarithm was decided after a look at such folds (0.238
against 0.239 with both forms as candidates): the figure is that much too kind. That method,
current and capacity are always among the inputs is a rule of the target, but it was applied to
the candidates after a look at families held out: with a set that lacks them as a candidate,
one family of five chose it and the error was 0.315 (0.338 without the family's papers); with
both forms of current and capacity as candidates it was 0.278 (0.290).
"""

import numpy as np

from benchmarks.figure import Bound, Figure, run
from models.scales import scale_of
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.described import described
from training.evaluation import pooled, scores
from training.fit import FoldJob, outer_folds, run_fold
from training.run_config import RunConfig, load_config
from training.splits import family_folds

N_SHUFFLES = 5
#: An error below that between laboratories is a leak.
LEAK = 0.15


def figures() -> list[Figure]:
    """Return error and coverage, means over the shuffles."""
    config = load_config("coulombic_efficiency-kim2023")
    cohort = load_cohort(config.cohort)
    shuffles = [_papers(config, cohort, seed) for seed in range(N_SHUFFLES)]
    mean = {key: float(np.mean([score[key] for score in shuffles])) for key in shuffles[0]}
    spread = [score["rmse_scale"] for score in shuffles]
    return [
        *_solvent_families(config, cohort),
        Figure(
            "lce, RMSE, papers held out",
            mean["rmse_scale"],
            "lce",
            Bound(low=LEAK, high=0.245),
            Bound(low=LEAK, high=0.230),
            f"{min(spread):.3f} to {max(spread):.3f} over {N_SHUFFLES} shuffles; "
            f"dummy {mean['rmse_scale_dummy']:.3f}, "
            f"solvent oxygen alone {mean['rmse_scale_baseline']:.3f}",
        ),
        Figure("lce, R2, papers held out", mean["r2_scale"], "", Bound(low=0.68), Bound(low=0.72)),
        Figure(
            "CE, mean relative error",
            100 * mean["mape"],
            "%",
            note=f"dummy {100 * mean['mape_dummy']:.1f} %",
        ),
        Figure(
            "90 % interval covers, papers held out",
            100 * mean["coverage"],
            "%",
            must=Bound(84, 98),
            note=f"median width {100 * mean['width']:.1f} % of the CE",
        ),
    ]


def _papers(config: RunConfig, cohort: Cohort, seed: int) -> dict[str, float]:
    """Return the scores of one shuffle of papers over the outer folds."""
    config = config.model_copy(update={"holds_out_families": False, "seed": seed})
    data, _ = described(config, cohort)
    folds = [run_fold(job).held_out for job in outer_folds(config, data)]
    return scores(pooled(folds, "papers held out"), scale_of("lce"))


def _solvent_families(config: RunConfig, cohort: Cohort) -> list[Figure]:
    """Return the error on whole families of solvent, as published bars have it and stricter."""
    data, _ = described(config, cohort)
    ways = {
        "one solvent family held out": [str(row) for row in range(len(cohort.cells))],
        "one solvent family and all its papers held out": cohort.groups,
    }
    found = []
    for name, groups in ways.items():
        jobs = [
            FoldJob(config, name, number, data.rows(train_rows), data.rows(test_rows))
            for number, (train_rows, test_rows) in enumerate(family_folds(cohort.families, groups))
        ]
        part = pooled([run_fold(job).held_out for job in jobs], name)
        score = scores(part, scale_of("lce"))
        found.append(
            Figure(
                f"lce, RMSE, {name}",
                score["rmse_scale"],
                "lce",
                Bound(low=LEAK, high=0.30),
                Bound(low=LEAK, high=0.27),
                f"dummy {score['rmse_scale_dummy']:.3f}; interval covers {score['coverage']:.0%}, "
                f"{score['flagged']:.0%} flagged outside",
            )
        )
    return found


if __name__ == "__main__":
    run(figures)
