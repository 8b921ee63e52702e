"""A shift of one standard deviation is found, and chance alone is not taken for one."""

from dataclasses import replace

import numpy as np
import pytest

from features import Cell, CellDesign, Protocol, Recipe, Source, describe
from models import Predictor, Provenance
from models.drift import LEAST_CELLS, drift
from models.predictor import Task

DESCRIPTORS = ("log10_current_density_mA_cm2", "log10_areal_capacity_mAh_cm2")


def make_cells(n_cells, seed, shift_sd=0.0):
    random = np.random.default_rng(seed)
    cells = []
    for number in range(n_cells):
        current, capacity = 10 ** (0.2 * (random.normal(size=2) + np.array([shift_sd, 0.0])))
        protocol = Protocol(current_density_mA_cm2=current, areal_capacity_mAh_cm2=capacity)
        recipe = Recipe(CellDesign("Li||Cu"), protocol=protocol)
        cells.append(Cell(f"cell-{number}", recipe, Source("measured")))
    return cells


@pytest.fixture(scope="module")
def predictor():
    cells = make_cells(60, 0)
    provenance = Provenance(
        cohort="made",
        citation="made",
        kinds={"measured": 60},
        cell_types=("Li||Cu",),
        has_coated=False,
        has_bare=True,
        n_cells=60,
        n_groups=60,
        group_kind="cell",
        data_sha256="0" * 64,
    )
    labels = np.random.default_rng(1).uniform(50, 500, 60)
    return Predictor.fit(
        Task("made", "cycle_life", "cycles", "log10", "ridge"),
        describe(cells, DESCRIPTORS),
        labels,
        [cell.cell_id for cell in cells],
        provenance,
    )


def test_a_shift_of_one_sd_in_50_cells_is_found_and_named(predictor):
    found = 0
    for seed in range(1, 61):
        first = drift(predictor, make_cells(50, seed, shift_sd=1.0))[0]
        found += first.is_alarm and first.descriptor == DESCRIPTORS[0]
    assert found >= 57  # 95 %


def test_chance_alone_rarely_raises_an_alarm(predictor):
    """At most 5 %; the bound leaves room for counting 200 draws."""
    alarms = [
        any(each.is_alarm for each in drift(predictor, make_cells(50, seed)))
        for seed in range(100, 300)
    ]
    assert np.mean(alarms) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)


def test_the_order_of_cells_and_repeats_of_asking_change_nothing(predictor):
    cells = make_cells(30, 7)
    assert drift(predictor, cells) == drift(predictor, cells[::-1])


def test_what_too_few_cells_have_is_not_compared(predictor):
    assert drift(predictor, make_cells(LEAST_CELLS - 1, 7)) == []
    bare = [replace(cell, recipe=Recipe(CellDesign("Li||Cu"))) for cell in make_cells(30, 7)]
    assert drift(predictor, bare) == []
