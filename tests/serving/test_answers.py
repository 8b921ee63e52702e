"""Replies of the happy path."""

import copy
import json
from dataclasses import asdict

import numpy as np
import pytest

from features import describe
from features.scan import Scan
from serving import answers
from serving.quick_bodies import quick_request
from serving.replies import PredictionReply
from serving.scan_bodies import FEWEST
from serving.schemas import CellIn
from serving.settings import Settings


def record_of(body):
    return CellIn.model_validate_json(json.dumps(body)).to_record()


def test_prediction_by_http_has_the_bits_of_the_predictor(post, champions, cell_body):
    """JSON carries the shortest text of each double, and pydantic reads it back exactly."""
    body = {"cells": [cell_body], "targets": ["coulombic_efficiency"]}
    answer = post("/v1/predictions", body).json()["cells"][0]["predictions"][0]
    predictor = champions.ready["ce-virtual"].predictor
    expected = predictor.predict([record_of(cell_body)])[0]
    assert (answer["value"], answer["lower"], answer["upper"]) == (
        expected.value,
        expected.lower,
        expected.upper,
    )


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_reply_tells_what_the_predictor_tells(post, champions, cell_body, is_wanted):
    """The service writes columns, row by row; whoever predicts in Python gets records."""
    thick, silent = json.loads(json.dumps([cell_body, cell_body]))
    thick["recipe"]["coating"]["thickness_nm"] = 90_000.0
    silent["recipe"] |= {"coating": None, "electrolyte": None, "protocol": {}}
    sent = (cell_body, thick, silent)
    cells = [{**each, "cell_id": name} for name, each in zip("abc", sent, strict=True)]
    body = {"cells": cells, "model": "ce-virtual", "explain": is_wanted}
    replies = post("/v1/predictions", body).json()["cells"]
    predictor = champions.ready["ce-virtual"].predictor
    told = predictor.predict([record_of(each) for each in cells], explain=is_wanted)
    for reply, prediction in zip(replies, told, strict=True):
        (answer,) = reply["predictions"]
        expected = json.loads(json.dumps(asdict(prediction)))
        assert reply["cell_id"] == expected.pop("cell_id")
        expected |= {} if is_wanted else {"nearest": []}
        assert {name: answer[name] for name in expected} == expected
    assert any(prediction.reasons for prediction in told)
    assert any(prediction.absent for prediction in told)


def test_a_reply_has_the_fields_of_its_schema_and_no_other(post, cell_body):
    """Replies are written without their models, which would cost more than the answers."""
    run = {
        "test_time_second": [0, 1800, 3600, 3601, 5400, 6841],
        "current_ampere": [-0.001, -0.001, -0.001, 0.001, 0.001, 0.001],
        "voltage_volt": [-0.05, -0.05, -0.05, 0.05, 0.05, 0.4],
    }
    bare = {"cell_id": "bare", "recipe": {"cell": {"type": "graphite||LFP"}}}
    cells = [cell_body, bare, {**cell_body, "cell_id": "run", "cycling": run}]
    for body in ({"cells": cells[:1]}, {"cells": cells}, {"cells": cells, "explain": False}):
        reply = post("/v1/predictions", body)
        whole = PredictionReply.model_validate_json(reply.content)
        assert json.loads(whole.model_dump_json()) == reply.json()


def test_without_explanation_the_numbers_are_the_same(post, cell_body):
    full, lean = (
        post("/v1/predictions", {"cells": [cell_body], "explain": is_wanted}).json()["cells"][0]
        for is_wanted in (True, False)
    )
    assert lean["nearest_published"] == []
    for answer, bare in zip(full["predictions"], lean["predictions"], strict=True):
        assert answer["contributions"]
        assert answer["nearest"]
        assert bare == {**answer, "contributions": {}, "nearest": []}


def test_one_cell_and_one_of_many_get_the_same_answer(post, cell_body):
    """One is answered in a turn of the loop, many in a thread, measured ones by another reader."""
    cells = [{**cell_body, "cell_id": f"{number}"} for number in range(3)]
    alone = post("/v1/predictions", {"cells": cells[1:2]}).json()["cells"]
    assert post("/v1/predictions", {"cells": cells}).json()["cells"][1:2] == alone
    stated = [{**cell, "source": {"kind": "measured"}} for cell in cells]
    assert post("/v1/predictions", {"cells": stated}).json()["cells"][1:2] == alone


@pytest.mark.parametrize("is_wanted", [True, False])
def test_many_of_one_pattern_get_the_very_bytes_that_each_gets_alone(
    champions, cell_body, is_wanted, monkeypatch
):
    """Read as columns, described as a scan, answered in blocks: nobody can tell."""
    monkeypatch.setattr("serving.answers.MOST_AT_ONCE", 20)
    cells = []
    for number in range(FEWEST + 20):
        cell = copy.deepcopy({**cell_body, "cell_id": f"c{number}", "area_cm2": 0.5 + number % 2})
        recipe = cell["recipe"]
        recipe["coating"] |= {"thickness_nm": [None, 30.0, 90_000.0 + number][number % 3]}
        recipe["coating"] |= {"phases": [] if number % 4 == 0 else recipe["coating"]["phases"]}
        recipe["cell"] |= {"type": ["Li||Cu", "Li||LTO", "graphite||LFP"][number % 5 % 3]}
        recipe["cell"] |= {"lithium_capacity_mAh_cm2": 1.5 + number}
        recipe["protocol"] |= {"areal_capacity_mAh_cm2": 0.5 + 0.1 * number}
        cells.append(cell)
    asked = quick_request(json.dumps({"cells": cells, "explain": is_wanted}).encode(), Settings())
    assert isinstance(asked.cells, Scan)
    counted = []
    found = b"".join(answers.written(asked.cells, asked.terms, champions, counted.extend))
    alone = [answers.answered([cell], asked.terms, champions)[0] for cell in asked.cells]
    assert found == answers.as_json(alone)
    assert len(counted) == len(cells)
    assert b"inconsistent" in found
    assert b'"ce-bare"' in found


@pytest.mark.parametrize("formulas", [["((("], ["(((", "Cu3N", "Cu3N)"]], ids=str)
def test_a_formula_that_cannot_be_read_is_doubted_in_one_cell_as_in_many(
    champions, cell_body, formulas
):
    """Shared by all cells of a pattern, or differing from one to the next."""
    cells = []
    for number in range(3 * FEWEST):
        cell = copy.deepcopy({**cell_body, "cell_id": f"c{number}", "area_cm2": 0.5 + number})
        cell["recipe"]["coating"]["phases"][0]["formula"] = formulas[number % len(formulas)]
        cells.append(cell)
    asked = quick_request(json.dumps({"cells": cells, "explain": False}).encode(), Settings())
    assert isinstance(asked.cells, Scan)
    found = b"".join(answers.written(asked.cells, asked.terms, champions, lambda _: None))
    alone = [answers.answered([cell], asked.terms, champions)[0] for cell in asked.cells]
    assert found == answers.as_json(alone)
    assert b"the formula '(((' of phase" in found


def test_every_prediction_says_who_answered_and_what_it_learnt_from(post, cell_body):
    answer = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]["predictions"][0]
    assert answer["model"] == {
        "name": "ce-virtual",
        "version": 3,
        "run_id": "run-of-ce-virtual",
        "bundle_sha256": "0" * 64,
    }
    assert answer["trained_on"]["kinds"] == {"simulated": 12}
    assert answer["unit"] == "fraction"
    assert answer["level"] == 0.9
    assert answer["lower"] <= answer["value"] <= answer["upper"]
    assert "simulated" in answer["chosen_because"]


def test_what_moved_an_answer_adds_up_to_it(post, cell_body):
    """On the scale that was learnt: the mean and every descriptor's share."""
    answer = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]["predictions"][0]
    total = answer["mean"] + sum(answer["contributions"].values())
    assert answer["scale"] == "lce"
    assert 1 - 10**-total == pytest.approx(answer["value"], abs=1e-9)


def test_an_answer_names_its_tier_and_training_cells_like_this_one(post, cell_body):
    answer = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]["predictions"][0]
    assert answer["tier"] == "recipe"
    assert answer["why_not_richer"] == ""
    assert answer["nearest"]
    distances = [each["distance_sd"] for each in answer["nearest"]]
    assert distances == sorted(distances)


def test_published_cells_like_this_one_stand_beside_the_answers(post, cell_body):
    """The documented example is the founding paper's coating."""
    cell = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]
    assert cell["nearest_published"][0]["citation"] == "doi:10.1002/adma.201605531"
    cell_body["recipe"]["cell"]["type"] = "graphite||LFP"
    cell = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]
    assert cell["nearest_published"] == []


def test_without_targets_every_trained_target_is_answered(post, cell_body):
    cell = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]
    assert [answer["target"] for answer in cell["predictions"]] == [
        "coulombic_efficiency",
        "cycle_life",
    ]


def test_cells_are_answered_in_the_order_sent_though_models_differ(post, cell_body):
    """Each model is asked once for all its cells; the reply must not show it."""
    bare = {**cell_body, "cell_id": "bare", "recipe": {**cell_body["recipe"], "coating": None}}
    cells = [{**body, "cell_id": f"{n}"} for n, body in enumerate((cell_body, bare, cell_body))]
    reply = post("/v1/predictions", {"cells": cells, "targets": ["coulombic_efficiency"]}).json()
    assert [cell["cell_id"] for cell in reply["cells"]] == ["0", "1", "2"]
    names = [cell["predictions"][0]["model"]["name"] for cell in reply["cells"]]
    assert names == ["ce-virtual", "ce-bare", "ce-virtual"]


def test_outside_every_scope_the_answer_says_so(post, cell_body):
    cell_body["recipe"]["cell"]["type"] = "Li||Li"
    answer = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]["predictions"][0]
    assert not answer["in_domain"]
    assert any("Li||Li" in reason for reason in answer["reasons"])


def test_a_model_asked_for_by_name_answers_even_outside_its_scope(post, cell_body):
    """The caller may compare models; the verdict on the domain stays."""
    reply = post("/v1/predictions", {"cells": [cell_body], "model": "ce-bare"}).json()
    answer = reply["cells"][0]["predictions"][0]
    assert answer["model"]["name"] == "ce-bare"
    assert not answer["in_domain"]


def test_absent_descriptors_come_with_their_reasons(post, cell_body):
    del cell_body["recipe"]["protocol"]["areal_capacity_mAh_cm2"]
    answer = post("/v1/predictions", {"cells": [cell_body]}).json()["cells"][0]["predictions"][0]
    assert "areal capacity" in answer["absent"]["log10_areal_capacity_mAh_cm2"]


def test_a_level_beyond_the_training_groups_names_the_number_needed(post, cell_body):
    reply = post("/v1/predictions", {"cells": [cell_body], "level": 0.99})
    assert reply.status_code == 422
    assert "99 groups" in reply.json()["detail"]


def test_descriptors_by_http_are_those_of_describe(post, cell_body):
    reply = post("/v1/descriptors", {"cells": [cell_body]}).json()["cells"][0]["descriptors"]
    table = describe([record_of(cell_body)])
    assert list(reply) == table.names
    assert {name: entry["value"] for name, entry in reply.items() if entry["reason"] is None} == {
        name: table.values[name].iloc[0] for name in table.names if name not in table.absent(0)
    }


def test_every_blank_descriptor_has_a_reason_and_every_value_has_none(post, cell_body):
    reply = post("/v1/descriptors", {"cells": [cell_body]}).json()["cells"][0]["descriptors"]
    assert all(
        (entry["value"] is None) == (entry["reason"] is not None) for entry in reply.values()
    )
    assert all(entry["unit"] and entry["version"] >= 1 for entry in reply.values())


def test_a_circuit_that_misses_a_spectrum_is_doubted_where_its_arcs_are_asked_for(post, cell_body):
    """The data are as they should be; the arcs of another circuit would be somebody else's."""
    s = 2j * np.pi * np.logspace(6, -1, 60)
    ohm = 4 + sum(R / (1 + R * C * s) for R, C in ((60, 1e-7), (90, 1e-5), (70, 2e-3)))
    spectrum = {
        "frequency_hertz": (s.imag / (2 * np.pi)).tolist(),
        "real_impedance_ohm": ohm.real.tolist(),
        "imaginary_impedance_ohm": ohm.imag.tolist(),
    }
    cells = [{**cell_body, "spectra": [spectrum]}]
    (answer,) = post("/v1/descriptors", {"cells": cells}).json()["cells"]
    assert any("does not describe the spectrum" in doubt for doubt in answer["doubts"])
    for name in ("sei_resistance_ohm_cm2", "charge_transfer_resistance_ohm_cm2"):
        assert answer["descriptors"][name]["value"] is None
        assert "does not describe the spectrum" in answer["descriptors"][name]["reason"]
    assert answer["descriptors"]["has_identifiable_arcs"]["value"] == 0
    asked = {"cells": cells, "names": ["initial_ce_fraction"]}
    (answer,) = post("/v1/descriptors", asked).json()["cells"]
    assert not any("does not describe" in doubt for doubt in answer["doubts"])


def test_descriptors_asked_for_come_alone(post, cell_body):
    names = ["current_density_mA_cm2"]
    reply = post("/v1/descriptors", {"cells": [cell_body], "names": names, "n_cycles": 3}).json()
    assert reply["n_cycles"] == 3
    assert list(reply["cells"][0]["descriptors"]) == names


def test_cycling_and_spectra_reach_the_descriptors(post, cell_body):
    """Two halves of one cycle: 1 mAh plated, 0.9 mAh stripped."""
    cell_body["cycling"] = {
        "test_time_second": [0, 1800, 3600, 3601, 5400, 6841],
        "current_ampere": [-0.001, -0.001, -0.001, 0.001, 0.001, 0.001],
        "voltage_volt": [-0.05, -0.05, -0.05, 0.05, 0.05, 0.4],
    }
    cell_body["area_cm2"] = 1.0
    cell_body["spectra"] = [
        {
            "frequency_hertz": [1e5, 1e2, 1.0],
            "real_impedance_ohm": [5, 40, 85],
            "imaginary_impedance_ohm": [-1, -30, -2],
            "cycle": 0,
        }
    ]
    body = {"cells": [cell_body], "names": ["initial_ce_fraction"]}
    entry = post("/v1/descriptors", body).json()["cells"][0]["descriptors"]["initial_ce_fraction"]
    assert entry["value"] == pytest.approx(0.9, abs=0.01)


def test_models_are_listed_with_provenance_and_the_broken_with_their_error(client):
    reply = client.get("/v1/models").json()
    assert [card["model"]["name"] for card in reply["models"]] == [
        "ce-bare",
        "ce-virtual",
        "life-virtual",
    ]
    assert reply["models"][0]["provenance"]["group_kind"] == "recipe"
    assert reply["broken"] == [{"name": "old", "error": "stale; retrain"}]


def test_a_models_card_shows_its_score_beside_the_baselines(client):
    card = client.get("/v1/models/ce-bare").json()
    assert card["provenance"]["scores"] == {"held_out": {"rmse": 0.1, "dummy_rmse": 0.3}}
    assert card["descriptors"] == {
        "log10_current_density_mA_cm2": 1,
        "log10_areal_capacity_mAh_cm2": 1,
    }


def test_an_unknown_model_is_told_the_known_ones(client):
    reply = client.get("/v1/models/ce-none")
    assert reply.status_code == 404
    assert "ce-bare, ce-virtual, life-virtual" in reply.json()["detail"]


def test_a_broken_model_asked_for_by_name_is_not_ready(client, post, cell_body):
    asked = post("/v1/predictions", {"cells": [cell_body], "model": "old"})
    for reply in (asked, client.get("/v1/models/old")):
        assert reply.status_code == 503
        assert "stale; retrain" in reply.json()["detail"]
