"""Small predictors, really trained, and the cells they learnt from."""

from dataclasses import replace

import numpy as np
import pytest

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source, describe
from models import Predictor, Provenance
from models.estimators import estimator_names
from models.predictor import Task

DESCRIPTORS = (
    "log10_current_density_mA_cm2",
    "log10_areal_capacity_mAh_cm2",
    "log10_coating_thickness_nm",
)
N_CELLS, N_GROUPS = 24, 12


def make_cell(number=0, *, type="Li||Cu", **changes):
    """Return one of the training cells, or one like it; every fourth states no thickness."""
    thickness_nm = None if number % 4 == 3 else 200.0 + 37.0 * number
    facts = {
        "current_density_mA_cm2": 0.25 * 1.1**number,
        "areal_capacity_mAh_cm2": 1.0 + number % 5,
        "thickness_nm": thickness_nm,
        **changes,
    }
    coating = Coating((Phase("LiF", 1.0, "inorganic"),), thickness_nm=facts.pop("thickness_nm"))
    recipe = Recipe(CellDesign(type), coating, protocol=Protocol(**facts))
    return Cell(f"cell-{number}", recipe, Source("measured"))


def make_provenance(**changes):
    provenance = Provenance(
        cohort="handmade",
        citation="made for the tests",
        kinds={"measured": N_CELLS},
        cell_types=("Li||Cu",),
        has_coated=True,
        has_bare=False,
        n_cells=N_CELLS,
        n_groups=N_GROUPS,
        group_kind="recipe",
        data_sha256="0" * 64,
        scores={"held out": {"rmse": 0.1}},
    )
    return replace(provenance, **changes)


def make_predictor(model="ridge", *, order=1, **task):
    """Return a predictor of a cycle life that falls with the current density."""
    return fit_predictor(model, *make_data(order), **task)


def make_data(order=1):
    """Return descriptors, lives and groups of the training cells."""
    cells = [make_cell(number) for number in range(N_CELLS)][::order]
    table = describe(cells, DESCRIPTORS)
    scatter = 0.05 * np.random.default_rng(3).standard_normal(N_CELLS)[::order]
    current = table.values["log10_current_density_mA_cm2"].to_numpy()
    groups = [f"group-{number % N_GROUPS}" for number in range(N_CELLS)][::order]
    return table, 10 ** (2.0 - 0.8 * current + scatter), groups


def fit_predictor(model, table, labels, groups, *, is_censored=None, **task):
    return Predictor.fit(
        Task("life-handmade", "cycle_life", "cycles", "log10", model, **task),
        table,
        labels,
        groups,
        make_provenance(),
        is_censored=is_censored,
    )


make_predictor.data = make_data
make_predictor.fit = fit_predictor


@pytest.fixture(scope="session")
def cell_maker():
    return make_cell


@pytest.fixture(scope="session")
def provenance_maker():
    return make_provenance


@pytest.fixture(scope="session")
def predictor_maker():
    return make_predictor


@pytest.fixture(scope="session")
def training_cells():
    return [make_cell(number) for number in range(N_CELLS)]


@pytest.fixture(scope="session", params=["mean", "ridge", "gaussian_process"])
def predictor(request):
    """Return a predictor of each kind of width: one for all, and the model's own."""
    return make_predictor(request.param, is_scaled=request.param == "gaussian_process")


@pytest.fixture(
    scope="session",
    params=[*estimator_names(), "blend:svr+weibull"],
)
def any_predictor(request):
    """Return a predictor of each estimator there is."""
    return make_predictor(request.param, is_scaled=request.param == "gaussian_process")


@pytest.fixture(scope="session")
def ridge_predictor():
    return make_predictor()


@pytest.fixture(scope="session")
def numbers():
    """Return a function that keeps what must be equal bit for bit."""

    def of(predictions):
        return [(each.value, each.lower, each.upper) for each in predictions]

    return of
