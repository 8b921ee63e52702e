"""Train = serve: a cell gets the same bits from the trained predictor and over HTTP."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from starlette.testclient import TestClient

from features import (
    Cell,
    CellDesign,
    Coating,
    Electrolyte,
    Protocol,
    Recipe,
    Source,
    catalogue,
    describe,
)
from models.shelf import Entry, publish
from serving.app import create_app
from serving.settings import Settings
from training.cohorts import load_cohort
from training.fit import train
from training.run_config import RunConfig
from training.virtual_lab import founding_recipe, simulate, simulate_rest
from training.virtual_lab.recipes import LI_LI, LI_LTO

RECIPE = ("is_coated", "log10_coating_thickness_nm", "solvent_O_fraction", "electrolyte_F_fraction")
CYCLES = ("log10_ce_loss_fraction", "hysteresis_mV", "nucleation_overpotential_mV")
SPECTRA = ("high_frequency_resistance_ohm_cm2", "arc_width_ohm_cm2", "arc_width_growth_ratio")
WET = Electrolyte(volume_uL=40.0)
#: name of the run -> what it looks at; both estimators, with one width and with their own.
RUNS = {
    "recipe": {"descriptors": RECIPE, "model": "ridge"},
    "cycles": {"descriptors": RECIPE + CYCLES, "n_cycles": 20, "model": "ridge"},
    "spectra": {
        "descriptors": CYCLES + SPECTRA,
        "n_cycles": 20,
        "model": "gaussian_process",
        "target": "cycle_life",
        "is_interval_scaled": True,
    },
}


def config_of(name):
    facts = {"target": "coulombic_efficiency", **RUNS[name]}
    return RunConfig(
        name=name,
        cohort="virtual",
        models=(facts.pop("model"),),
        descriptor_sets={"all": facts["descriptors"]},
        baseline=facts.pop("descriptors")[:1],
        n_selection_folds=2,
        n_test_folds=2,
        **facts,
    )


@pytest.fixture(scope="module")
def trained():
    """Return the predictors as training left them, never saved."""
    cohort = load_cohort("virtual")
    some = cohort.subset(tuple(cell.cell_id for cell in cohort.cells[:40]))
    return {name: train(config_of(name), some).predictor for name in RUNS}


@pytest.fixture(scope="module")
def client(trained, tmp_path_factory):
    """Return a client of the service on a shelf with their bundles."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, predictor in trained.items():
        sha256 = predictor.save(folder / "made" / name)
        publish(folder / "shelf", Entry(name, 1, "run", sha256), folder / "made" / name)
    with TestClient(
        create_app(Settings(shelf=folder / "shelf")), base_url="http://localhost"
    ) as client:
        yield client


@pytest.fixture(scope="module")
def cells():
    """Return cells of the cohort that no predictor was trained on, with all raw data."""
    return load_cohort("virtual").cells[48::24]


@pytest.fixture(scope="module")
def catalogue_cells(cells, make_steps_cell, aurbach_steps):
    """Return cells of every kind, so that every descriptor has a value somewhere."""
    others = [
        simulate(
            founding_recipe(coating, cell=design), seed=1, n_cycles=110, spectrum_cycles=(0, 50)
        ).cell
        for coating, design in (("bare", LI_LTO), ("Cu3N+SBR", LI_LTO), ("Cu3N+SBR", LI_LI))
    ]
    no_data = Cell("no data", Recipe(CellDesign("Li||Cu"), protocol=Protocol()), Source("measured"))
    rests = {"rest_V": np.linspace(-0.01, 0, 41), "rest_s": 120.0}
    rested = make_steps_cell(
        aurbach_steps, founding_recipe("Cu3N+SBR", electrolyte=WET), cell_id="rested", **rests
    )
    resting = simulate_rest(founding_recipe("bare", cell=LI_LI), seed=1, time_h=(1, 4, 9, 16))
    coating = Coating(phases=(), process="sputtering, 40 W, 120 s, 6 rpm")
    recipe = replace(no_data.recipe, coating=coating)
    sputtered = replace(no_data, cell_id="sputtered", recipe=recipe)
    return [*cells, *others, rested, resting, no_data, sputtered]


def stripped(cell, kind):
    """Return the cell with what a lab of some kind would send."""
    if kind == "recipe":
        return replace(cell, cycling=None, spectra=())
    return replace(cell, spectra=()) if kind == "cycles" else cell


def body_of(cell):
    """Return the JSON of a cell, as a client writes it."""
    cycling = cell.cycling
    return {
        "cell_id": cell.cell_id,
        "recipe": asdict(cell.recipe),
        "source": asdict(cell.source),
        "area_cm2": cell.area_cm2,
        "cycling": None if cycling is None else {c: cycling[c].to_list() for c in cycling},
        "spectra": [
            {
                "frequency_hertz": spectrum.frequency_Hz.tolist(),
                "real_impedance_ohm": spectrum.impedance_ohm.real.tolist(),
                "imaginary_impedance_ohm": spectrum.impedance_ohm.imag.tolist(),
                "cycle": spectrum.cycle,
                "time_h": spectrum.time_h,
                "n_interfaces": spectrum.n_interfaces,
            }
            for spectrum in cell.spectra
        ],
    }


def post(client, path, cells, **fields):
    content = json.dumps({"cells": [body_of(cell) for cell in cells], **fields})
    reply = client.post(path, content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 200, reply.text
    return reply.json()["cells"]


def facts_of(answer):
    """Return all of a reply that a predictor decides."""
    names = ("target", "value", "lower", "upper", "unit", "level", "in_domain", "absent")
    return {name: answer[name] for name in names} | {"reasons": tuple(answer["reasons"])}


@pytest.mark.parametrize("sent", ["recipe", "cycles", "spectra"])
@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("level", [0.9, 0.5])
def test_a_prediction_over_http_has_the_bits_of_the_predictor(
    client, trained, cells, name, sent, level
):
    """Cell -> JSON -> HTTP -> bundle against the object that was fitted: no digit is lost."""
    some = [stripped(cell, sent) for cell in cells]
    replies = post(client, "/v1/predictions", some, model=name, level=level)
    for reply, expected in zip(replies, trained[name].predict(some, level), strict=True):
        (answer,) = reply["predictions"]
        assert reply["cell_id"] == expected.cell_id
        assert facts_of(answer) == facts_of(asdict(expected))


@pytest.mark.parametrize("name", RUNS)
def test_a_cell_sent_alone_gets_the_answer_it_gets_in_company(client, cells, name):
    (together,) = zip(
        *(each["predictions"] for each in post_named(client, cells, name)), strict=True
    )
    alone = [post_named(client, [cell], name)[0]["predictions"][0] for cell in cells]
    assert list(together) == alone


def post_named(client, cells, name):
    return post(client, "/v1/predictions", cells, model=name)


def test_raw_data_make_a_difference(trained, cells):
    """Parity of answers that ignore the data would be no feat."""
    for name in ("cycles", "spectra"):
        whole, bare = (
            [answer.value for answer in trained[name].predict(some)]
            for some in (cells, [stripped(cell, "recipe") for cell in cells])
        )
        assert whole != bare


@pytest.mark.parametrize("n_cycles", [None, 20])
def test_every_descriptor_over_http_has_the_bits_of_describe(client, catalogue_cells, n_cycles):
    """Value, unit, version, and the reason of every blank."""
    table = describe(catalogue_cells, n_cycles=n_cycles)
    replies = [
        post(client, "/v1/descriptors", [cell], n_cycles=n_cycles)[0] for cell in catalogue_cells
    ]
    for row, reply in enumerate(replies):
        reasons = table.absent(row)
        assert set(reply["descriptors"]) == set(table.names)
        for name, found in reply["descriptors"].items():
            expected = None if name in reasons else table.values[name].iloc[row]
            assert found["value"] == expected, name
            assert found["reason"] == reasons.get(name)
            assert (found["unit"], found["version"]) == (table.units[name], table.versions[name])


def test_the_cells_above_put_every_descriptor_to_the_test(catalogue_cells):
    """A descriptor that is blank for all of them was compared with nothing: add a cell."""
    values = describe(catalogue_cells).values
    assert set(values.columns) == set(catalogue())
    assert list(values.columns[values.isna().all()]) == []
