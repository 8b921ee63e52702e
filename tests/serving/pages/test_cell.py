"""The page of a cell shows what the interface tells, and warns where a warning is due."""

import copy
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


@pytest.mark.parametrize(("dropped", "stays"), [("cycling", "spectra"), ("spectra", "cycling")])
def test_a_recording_of_another_cell_is_dropped_on_the_page(kept, stores, dropped, stays):
    """The other one stays, and so does the version before; only what is there is offered."""
    offered = [f'value="{each}"' for each in (dropped, stays)]
    assert all(each in kept.get("/pages/cells/A1/facts").text for each in offered)
    reply = kept.post("/pages/cells/A1/correction", data={"drop": dropped})
    assert reply.status_code == 200, reply.text
    assert "version 2" in reply.text
    page = kept.get("/pages/cells/A1/facts").text
    assert [each in page for each in offered] == [False, True]
    after, before = stores.cells.entry("A1"), stores.cells.entry("A1", 1)
    assert (after.n_rows == 0, after.n_spectra == 0) == (dropped == "cycling", dropped == "spectra")
    assert before.n_rows
    assert before.n_spectra
    assert after.reason == "dropped on its page"


def test_both_recordings_are_dropped_at_once_and_then_none_is_offered(kept, stores):
    form = {"drop": ["cycling", "spectra"], "reason": "the wrong channel"}
    assert "version 2" in kept.post("/pages/cells/A1/correction", data=form).text
    assert "No recording is kept with it" in kept.get("/pages/cells/A1/facts").text
    assert stores.cells.entry("A1").reason == "the wrong channel"
    assert "Nothing differs" in kept.post("/pages/cells/A1/correction", data=form).text


@pytest.mark.parametrize(
    "change",
    [
        {"drop": "outcome"},
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


def test_the_tier_that_gave_the_headline_gives_the_same_answer(keeper, stores, cell_maker):
    """Outside of all that was learnt the best model answers all the same, and says so twice."""
    stores.cells.add(replace(cell_maker(1, type="Li||LFP"), cell_id="A1"))
    headlines = keeper.get("/v1/cells/A1/predictions").json()["cells"][0]["predictions"]
    page = keeper.get("/pages/cells/A1/answers").text
    asked = {"what": "predictions", "format": "json"}
    kept = {
        row["model"]: row for row in keeper.get("/pages/cells/A1/download", params=asked).json()
    }
    for best in headlines:
        name = best["model"]["name"]
        row = next(row for row in page.split("<tr") if f'data-name="model">{name}</td>' in row)
        assert not best["in_domain"]
        assert quantity(best["value"], best["unit"]) in row
        assert ">outside</span>" in row
        assert kept[name]["value"] == best["value"]
    answered = {name for name, row in kept.items() if row["value"] is not None}
    assert answered == {best["model"]["name"] for best in headlines}
    assert all(row["lack"] for name, row in kept.items() if name not in answered)


def test_a_tier_that_answers_for_want_of_another_says_what_the_cell_lacks(
    settings, stores, champions, cell_maker
):
    """The only model looks at cycles, of which the cell has none; its answer is the headline."""
    stores.cells.add(replace(cell_maker(1), cell_id="A1"))
    only = champions.ready["ce-bare"]
    predictor = copy.copy(only.predictor)
    object.__setattr__(predictor, "task", replace(predictor.task, tier="20_cycles"))
    app = create_app(
        settings, Champions({"ce-bare": replace(only, predictor=predictor)}), stores=stores
    )
    with TestClient(app, base_url="http://localhost") as client:
        asked = {"what": "predictions", "format": "json"}
        (row,) = client.get("/pages/cells/A1/download", params=asked).json()
        page = client.get("/pages/cells/A1/answers").text
    assert "needs 20 finished cycles, the cell has 0" in row["lack"]
    assert row["lack"] in page
    assert quantity(row["value"], row["unit"]) in page


def test_every_tier_names_its_model_and_what_it_learnt_from(kept, champions):
    page = kept.get("/pages/cells/A1/answers").text
    for name, champion in champions.ready.items():
        row = next(row for row in page.split("<tr") if f'data-name="model">{name}</td>' in row)
        assert any(f">{kind}</td>" in row for kind in champion.predictor.provenance.kinds)
