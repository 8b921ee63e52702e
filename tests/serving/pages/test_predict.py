"""The page's answer is the interface's answer, drawn; what is wrong is refused as there."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from features import Cell, CellDesign, Coating, Phase, Protocol, Recipe, Source
from serving import answers
from serving.app import create_app
from serving.champions import Champions
from serving.pages.shown import shown
from serving.pages.templating import quantity, rendered
from store.outcome import Outcome

MARKUP = "<script>alert(1)</script>"


def text_of(reply):
    return unescape(re.sub(r"<[^>]+>", " ", reply.text))


def test_the_answer_shows_value_and_interval_of_the_interface(client, post, form):
    shown = client.post("/pages/predictions", data=form)
    assert shown.status_code == 200, shown.text
    recipe = {
        "cell": {"type": "Li||Cu"},
        "coating": {
            "phases": [
                {"name": "Cu3N", "weight_fraction": 0.9, "role": "inorganic", "formula": "Cu3N"},
                {"name": "SBR", "weight_fraction": 0.1, "role": "polymer"},
            ],
            "thickness_nm": 1000.0,
        },
        "protocol": {
            "current_density_mA_cm2": 1.0,
            "areal_capacity_mAh_cm2": 1.0,
            "ce_method": "cycle_average",
        },
    }
    reply = post("/v1/predictions", {"cells": [{"cell_id": "this cell", "recipe": recipe}]})
    for answer in reply.json()["cells"][0]["predictions"]:
        for bound in ("value", "lower", "upper"):
            assert quantity(answer[bound], answer["unit"]) in text_of(shown)


def test_every_answer_has_a_drawn_interval_a_verdict_and_its_model(client, form):
    page = client.post("/pages/predictions", data=form).text
    articles = page.split("<article")[1:]
    assert len(articles) == 2
    for article in articles:
        assert 'class="interval"' in article
        assert "Inside what it has learnt" in article or "Outside:" in article
        assert "What moved it" in article
        assert re.search(r"v\d+</summary>", article)
    assert "10.1002/adma.201605531" in page  # a published neighbour


def test_a_cell_outside_is_told_so_in_words(client, form):
    page = client.post("/pages/predictions", data={**form, "cell_type": "graphite||LFP"}).text
    assert "Outside:" in page
    assert "Trust neither value nor interval" in page


def test_the_verdict_is_in_the_units_of_a_lab_not_in_logarithms(client, form):
    page = text_of(client.post("/pages/predictions", data={**form, "current_density_mA_cm2": "50"}))
    assert re.search(
        r"current density is 50 mA cm⁻²; training cells lie between [\d.]+ mA cm⁻²", page
    )
    assert "log10_" not in page


def test_kept_recipes_like_it_stand_beside_the_published(keeper, stores, form):
    """Nearest first, replicates together, a test stopped alive as a bound."""
    for number, thickness_nm in enumerate((1000.0, 1000.0, 20.0)):
        coating = Coating((Phase("Cu3N", 1.0),), thickness_nm)
        recipe = Recipe(CellDesign("Li||Cu"), coating, protocol=Protocol(1.0, 1.0))
        outcome = Outcome(cycle_life_cycles=100.0 + 10 * number, is_censored=number == 1)
        stores.cells.add(Cell(f"own-{number}", recipe, Source("measured")), outcome=outcome)
    page = keeper.post("/pages/predictions", data=form).text
    own = page[page.index("Kept cells like it") : page.index("Published cells like it")]
    assert own.index("own-0") < own.index("own-2")
    assert "own-1" not in own
    assert "≥ 105 cycles" in own


def test_fractions_that_do_not_sum_are_refused_with_the_field(client, form):
    reply = client.post("/pages/predictions", data={**form, "phase_fraction": ["0.9", "0.3"]})
    assert reply.status_code == 422
    assert "1.200" in reply.text


def test_text_of_a_form_is_shown_as_text(client, form):
    page = client.post("/pages/predictions", data={**form, "phase_name": [MARKUP, "SBR"]})
    assert page.status_code == 200
    assert MARKUP not in page.text


@pytest.mark.parametrize("name", ["thickness_nm", "current_density_mA_cm2"])
def test_a_sweep_is_a_curve_with_its_band_for_every_target(client, form, name):
    page = client.post("/pages/sweeps", data={**form, "swept": name}).text
    assert page.count('class="band"') == 2
    assert page.count("<svg") == 2


def test_where_a_sweep_says_nothing_its_curve_is_faint_and_it_is_told(client, form, monkeypatch):
    asked = {**form, "swept": "current_density_mA_cm2", "swept_to": "10"}
    monkeypatch.setattr("serving.vagueness.MOST_LIVES_RATIO", 1e9)
    n_before = client.post("/pages/sweeps", data=asked).text.count('class="curve vague"')
    monkeypatch.setattr("serving.vagueness.MOST_LIVES_RATIO", 1.0)
    page = client.post("/pages/sweeps", data=asked).text
    assert page.count('class="curve vague"') > n_before
    assert re.search(r"<b>Cannot say</b> (at \d+ of 25 values|anywhere along it)", page)


@pytest.mark.parametrize(
    "change",
    [
        {"swept": "nothing"},
        {"swept_from": "100", "swept_to": "10"},
        {"swept_from": "0"},
        {"swept_to": "1e9"},
        {"swept_to": "far"},
        {"coating": "bare"},
    ],
)
def test_a_sweep_that_is_none_is_refused(client, form, change):
    reply = client.post("/pages/sweeps", data={**form, "swept": "thickness_nm", **change})
    assert reply.status_code == 422
    assert "swept" in reply.text


def test_the_recipe_of_an_upload_is_checked_and_given_back_as_json(client, form):
    reply = client.post("/pages/recipes", data={**form, "cell_id": "A1", "lab": "ours"})
    assert reply.json()["cell"]["source"] == {"kind": "measured", "lab": "ours"}
    assert reply.json()["cell"]["cell_id"] == "A1"


def test_only_a_form_is_taken_for_one(client):
    assert client.post("/pages/predictions", json={}).status_code == 415
    big = {"coating": "x" * 200_000}
    assert client.post("/pages/predictions", data=big).status_code == 413


def test_without_a_model_it_says_what_to_do(settings, form):
    with TestClient(create_app(settings, Champions()), base_url="http://localhost") as client:
        reply = client.post("/pages/predictions", data=form)
    assert reply.status_code == 503
    assert "seicast demo" in reply.text


def test_what_was_learnt_from_simulated_cells_says_so_beside_the_number(client, form):
    """The test's models of coated cells are simulated, those of bare ones are not."""
    coated = client.post("/pages/predictions", data=form).text
    for headline in re.findall(r'<p class="headline.*?</p>', coated, re.DOTALL):
        assert "learnt from simulated cells" in headline
    bare = client.post("/pages/predictions", data={**form, "coating": "bare"}).text
    assert "simulated cells" not in re.search(r'<p class="headline.*?</p>', bare, re.DOTALL)[0]


def test_an_interval_that_leaves_nothing_out_has_no_number_in_large_type(champions, cell_maker):
    """The numbers stay, small, with the reasons why they are none."""
    reply = answers.predictions_of([cell_maker(3)], champions, level=0.9, model="life-virtual")
    numbers = {"value": 1144.0, "lower": 0.035, "upper": 1.289e9}
    wide = (
        reply.cells[0]
        .predictions[0]
        .model_copy(update={**numbers, "in_domain": False, "reasons": ["far from all"]})
    )
    facts = {"answers": [shown(wide, champions)], "own": [], "published": [], "body": {}}
    page = rendered("answer.html", facts)
    assert re.findall("<strong>(.*?)</strong>", page) == ["Cannot say"]
    assert "its interval is wider than everything it has learnt" in page
    assert "far from all" in page
    small = re.search(r'<p class="quiet">What it computes all the same: (.*?)</p>', page)[1]
    assert small == "1,144 cycles, 90 % interval less than 1 cycle to 1,289,000,000 cycles."
