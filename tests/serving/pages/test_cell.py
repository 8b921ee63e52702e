"""The page of a cell shows what the interface tells, and warns where a warning is due."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from features.doubts import doubts
from serving.app import create_app
from serving.champions import Champions
from serving.pages.templating import quantity
from store.outcome import Outcome
from training.virtual_lab import founding_recipe, simulate

PARTS = ("facts", "curves", "impedance", "sheet", "answers")


@pytest.fixture(scope="module")
def simulated():
    return simulate(
        founding_recipe("Cu3N+SBR"), seed=3, n_cycles=12, spectrum_cycles=(0, 5, 10)
    ).cell


@pytest.fixture
def kept(keeper, stores, simulated):
    stores.cells.add(replace(simulated, cell_id="A1"), outcome=Outcome(ce_fraction=0.974))
    return keeper


@pytest.fixture
def shorted(keeper, stores, make_li_cu_cell):
    """Keep a cell that gives back more than was plated, which only a short explains."""
    cell = make_li_cu_cell(n_cycles=8, ce=1.05)
    stores.cells.add(replace(cell, cell_id="short"))
    return keeper


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_a_measured_cell_is_shown(kept, part):
    reply = kept.get(f"/pages/cells/A1/{part}")
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("part", PARTS)
def test_a_cell_of_a_recipe_alone_is_no_failure(keeper, stores, cell_maker, part):
    stores.cells.add(replace(cell_maker(1), cell_id="A1"))
    assert keeper.get(f"/pages/cells/A1/{part}").status_code == 200


@pytest.mark.parametrize("part", PARTS)
def test_a_cell_nobody_kept_is_404(keeper, part):
    assert keeper.get(f"/pages/cells/nobody/{part}").status_code == 404


def test_the_facts_show_what_one_looks_for_first(kept):
    page = kept.get("/pages/cells/A1/facts").text
    measured = kept.get("/v1/cells/A1/descriptors").json()["cells"][0]["descriptors"]
    assert quantity(measured["ce_mean_fraction"]["value"], "fraction") in page
    assert "97.40 %" in page  # the outcome that was entered
    assert "Cu3N 0.9 + SBR 0.1" in page


def test_a_soft_short_is_said_before_all_else(shorted):
    page = shorted.get("/pages/cells/short/facts").text
    assert page.index("A soft short is suspected") < page.index("finished cycles")
    assert "do not rank" in page
    flags = shorted.get("/pages/cells/short/curves").json()["cycles"]["flags"]
    assert flags
    assert all("S4" in " ".join(flag["words"]) for flag in flags)


def test_a_healthy_cell_is_not_warned_of(kept):
    assert "soft short is suspected" not in kept.get("/pages/cells/A1/facts").text
    assert kept.get("/pages/cells/A1/curves").json()["cycles"]["flags"] == []


def test_every_blank_of_the_sheet_has_its_reason(kept):
    """Those of one phenomenon that are blank for one reason share a row."""
    page = kept.get("/pages/cells/A1/sheet").text.replace("<wbr>", "")
    told = kept.get("/v1/cells/A1/descriptors").json()["cells"][0]["descriptors"]
    assert all(page.count(f"<code>{name}</code>") == 1 for name in told)
    rows = re.findall(r'<tr class="blank">.*?</tr>', page)
    assert rows
    for name, found in told.items():
        row = next((row for row in rows if f"<code>{name}</code>" in row), "")
        assert bool(row) == (found["value"] is None)
        assert escape(found["reason"] or "") in row


def test_every_tier_that_the_cell_has_reached_answers(kept, champions):
    page = kept.get("/pages/cells/A1/answers").text
    assert page.count("<h3>") == len(champions.by_target())
    assert 'class="interval"' in page


@pytest.mark.parametrize("what", ["sheet", "cycles", "cycling", "predictions"])
def test_a_table_is_the_same_in_every_format(kept, what):
    def got(format):
        reply = kept.get("/pages/cells/A1/download", params={"what": what, "format": format})
        assert reply.status_code == 200
        assert f"A1_{what}.{format}" in reply.headers["content-disposition"]
        return reply.content

    parquet = pd.read_parquet(io.BytesIO(got("parquet")))
    csv = pd.read_csv(io.BytesIO(got("csv")))
    rows = json.loads(got("json"))
    assert list(csv.columns) == list(parquet.columns) == list(rows[0])
    assert len(csv) == len(parquet) == len(rows)
    numbers = parquet.select_dtypes("number").columns
    np.testing.assert_allclose(csv[numbers], parquet[numbers], rtol=1e-12)


def test_the_predictions_to_keep_are_those_that_the_page_shows(kept):
    asked = {"what": "predictions", "format": "json"}
    rows = kept.get("/pages/cells/A1/download", params=asked).json()
    page = kept.get("/pages/cells/A1/answers").text
    assert {"target", "evidence", "value", "lower", "upper", "unit", "lack"} <= set(rows[0])
    for row in rows:
        assert (row["value"] is None) == bool(row["lack"])
        assert row["value"] is None or quantity(row["value"], row["unit"]) in page


def test_what_cannot_be_downloaded_says_why(keeper, stores, cell_maker):
    stores.cells.add(replace(cell_maker(1), cell_id="A1"))
    reply = keeper.get("/pages/cells/A1/download", params={"what": "cycling"})
    assert reply.status_code == 422
    assert "without cycling" in reply.text


def test_without_a_model_the_cell_is_still_read(settings, stores, simulated):
    stores.cells.add(replace(simulated, cell_id="A1"))
    app = create_app(settings, Champions(), stores=stores)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/pages/cells/A1/facts").status_code == 200
        reply = client.get("/pages/cells/A1/answers")
    assert reply.status_code == 503
    assert "seicast" in reply.json()["detail"]


@pytest.fixture
def mistaken(keeper, stores, make_li_cu_cell):
    """Keep a cell that shorts by its efficiency, yet cycles at the voltage of a full cell."""
    cell = make_li_cu_cell(n_cycles=8, ce=1.05)
    raised = cell.cycling.assign(voltage_volt=cell.cycling["voltage_volt"].abs() + 3.4)
    stores.cells.add(replace(cell, cell_id="A1", cycling=raised, area_cm2=None))
    return keeper


def test_a_wrong_type_is_said_before_a_short(mistaken):
    """The signs of a short are those of the type stated; they rank nothing until it is right."""
    page = mistaken.get("/pages/cells/A1/facts").text
    assert page.count("far from 0 V") == 1
    assert page.index("far from 0 V") < page.index("finished cycles")
    assert "do not rank" not in page
    if "soft short" in page:
        assert page.index("far from 0 V") < page.index("soft short")


def test_who_has_kept_a_cell_is_told_what_to_doubt(mistaken):
    told = mistaken.get("/pages/cells/A1/doubts").json()["doubts"]
    assert "far from 0 V" in told[0]
    assert any("area is not stated" in each for each in told)


def test_of_a_cell_with_all_that_is_needed_only_its_data_are_doubted(kept, simulated):
    assert kept.get("/pages/cells/A1/doubts").json() == {"doubts": list(doubts(simulated))}


def test_type_and_area_are_corrected_on_the_page(mistaken, stores):
    """The data stay; the version before stays too."""
    before = stores.cells.get("A1")
    form = {"cell_type": "Li||LFP", "area_cm2": "0,5", "reason": "the wrong holder"}
    reply = mistaken.post("/pages/cells/A1/correction", data=form)
    assert reply.status_code == 200, reply.text
    assert "version 2" in reply.text
    assert reply.headers["HX-Trigger"] == "refresh"
    after = stores.cells.get("A1")
    assert (after.recipe.cell.type, after.area_cm2) == ("Li||LFP", 0.5)
    pd.testing.assert_frame_equal(after.cycling, before.cycling)
    assert stores.cells.get("A1", 1).recipe == before.recipe
    assert stores.cells.entry("A1").reason == "the wrong holder"


def test_an_empty_correction_changes_nothing(kept, stores):
    reply = kept.post("/pages/cells/A1/correction", data={"cell_type": "", "area_cm2": ""})
    assert "Nothing differs from version 1" in reply.text
    assert stores.cells.entry("A1").version == 1


@pytest.mark.parametrize(
    "change",
    [
        {"cell_type": "Li||Na"},
        {"area_cm2": "-1"},
        {"area_cm2": "inf"},
        {"area_cm2": "x"},
        {"reason": "x"},
        {"reason": "x" * 501},
    ],
)
def test_a_correction_that_is_none_is_refused(kept, change):
    assert kept.post("/pages/cells/A1/correction", data=change).status_code == 422


def test_every_tier_names_its_model_and_what_it_learnt_from(kept, champions):
    page = kept.get("/pages/cells/A1/answers").text
    for name, champion in champions.ready.items():
        row = next(row for row in page.split("<tr") if f'data-name="model">{name}</td>' in row)
        assert any(f">{kind}</td>" in row for kind in champion.predictor.provenance.kinds)
