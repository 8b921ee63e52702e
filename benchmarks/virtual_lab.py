"""The virtual lab: every figure of the founding paper, and the cost of 2,000 simulated cells.

The constants of the lab were calibrated to these rows: that they are met is a calibration,
no validation. Nothing here was measured on a cell.
"""

import math

import numpy as np

from benchmarks.figure import Bound, Figure, run
from benchmarks.stopwatch import cpu_s
from training.virtual_lab import random_recipe, simulate
from training.virtual_lab.published import Comparison, published_beside_simulated

N_CELLS = 2000
N_CYCLES = 100
SPECTRUM_CYCLES = (0, 10, 20, 50, 100)
SEED = 20170301


def figures() -> list[Figure]:
    """Return all rows simulated beside published, and the cost of a large cohort."""
    return [*map(_figure, published_beside_simulated()), _cost()]


def _figure(comparison: Comparison) -> Figure:
    told = comparison.published
    return Figure(
        f"{told.row}: {told.quantity}",
        comparison.simulated,
        told.unit,
        must=Bound(told.low, None if math.isinf(told.high) else told.high),
        note=f"published: {told.words}; calibrated to it, simulated",
    )


def _cost() -> Figure:
    return Figure(
        f"{N_CELLS:,} simulated cells",
        cpu_s(_simulate_all),
        "s of one core",
        must=Bound(high=60),
        note=f"CPU time; {N_CYCLES} cycles of raw data and {len(SPECTRUM_CYCLES)} spectra each",
    )


def _simulate_all() -> None:
    rng = np.random.default_rng(SEED)
    for seed in range(N_CELLS):
        simulate(random_recipe(rng), seed=seed, n_cycles=N_CYCLES, spectrum_cycles=SPECTRUM_CYCLES)


if __name__ == "__main__":
    run(figures)
