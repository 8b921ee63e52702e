"""What a lab sends is kept whole, given back to the bit, corrected in the open, never lost."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
from starlette.testclient import TestClient

from serving.app import create_app
from serving.schemas import EXAMPLE_CELL
from store.keys import KeyStore
from training.virtual_lab import founding_recipe, simulate

OUTCOME = {"ce_fraction": 0.97}
BDF = "test_time_second,current_ampere,voltage_volt\n"
#: One cycle of plating and stripping at 1 mA on 0.5 cm2, with a point every minute.
ROWS = "".join(
    f"{60 * n},{-0.001 if n < 60 else 0.001},{-0.05 if n < 60 else 0.05}\n" for n in range(119)
)


def add(client, cell_id="A1", **more):
    return client.post("/v1/cells", json={"cell": {**EXAMPLE_CELL, "cell_id": cell_id}, **more})


def upload(client, *files, cell_id="A1", **more):
    return client.post("/v1/cells", files=parts({}, *files, cell_id=cell_id, **more))


def parts(beside, *files, cell_id="A1", **more):
    facts = json.dumps({"cell": {**EXAMPLE_CELL, "cell_id": cell_id, **more}, **beside})
    return [
        ("cell", (None, facts, "application/json")),
        *(("file", (name, content)) for name, content in files),
    ]


def correct(client, cell_id="A1", *, beside=None, **changes):
    body = {"cell": {**EXAMPLE_CELL, "cell_id": cell_id, **changes}, "reason": "looked again"}
    return client.put(f"/v1/cells/{cell_id}", json=body | (beside or {}))


def add_control(client):
    bare = {"cell_id": "bare", "recipe": {"cell": {"type": "Li||Cu"}, "coating": {"phases": []}}}
    assert client.post("/v1/cells", json={"cell": bare}).status_code == 201


def test_a_cell_is_kept_and_found_again(keeper):
    made = add(keeper)
    assert made.status_code == 201
    assert made.headers["location"] == "/v1/cells/A1"
    found = keeper.get(made.headers["location"]).json()
    assert found == made.json()
    assert found["version"] == 1
    assert found["recipe"]["coating"]["phases"][0]["name"] == "Cu3N"


def test_the_same_cell_again_is_no_second_cell(keeper):
    add(keeper)
    assert add(keeper).status_code == 200
    assert keeper.get("/v1/cells").json()["n_cells"] == 1


def test_other_content_under_a_taken_id_is_refused_with_the_way_out(keeper):
    add(keeper)
    changed = {**EXAMPLE_CELL, "cell_id": "A1", "area_cm2": 1.0}
    reply = keeper.post("/v1/cells", json={"cell": changed})
    assert reply.status_code == 409
    assert "A1" in reply.json()["detail"]


def test_an_idempotency_key_stands_for_one_cell(keeper):
    body = {"cell": {**EXAMPLE_CELL, "cell_id": "A1"}}
    headers = {"Idempotency-Key": "upload-7"}
    assert keeper.post("/v1/cells", json=body, headers=headers).status_code == 201
    assert keeper.post("/v1/cells", json=body, headers=headers).status_code == 200
    other = {"cell": {**EXAMPLE_CELL, "cell_id": "A2"}}
    assert keeper.post("/v1/cells", json=other, headers=headers).status_code == 409


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "upload-7"}], ids=str)
@pytest.mark.parametrize("beside", [{"outcome": OUTCOME}, {"control_id": "bare"}], ids=str)
def test_a_whole_request_again_is_no_second_cell(keeper, headers, beside):
    """A client that lost the reply sends what it sent, outcome and control included."""
    add_control(keeper)
    body = {"cell": {**EXAMPLE_CELL, "cell_id": "A1"}, **beside}
    first, again = (keeper.post("/v1/cells", json=body, headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = body | {"outcome": {"ce_fraction": 0.5}}
    assert keeper.post("/v1/cells", json=other, headers=headers).status_code == 409


def test_whose_key_added_a_cell_is_written_down(settings, champions, stores):
    keys = KeyStore(stores.cells.database)
    headers = {"authorization": f"Bearer {keys.add('cycler-3', ['contribute'], actor='kim')}"}
    app = create_app(settings, champions, keys=keys, stores=stores)
    with TestClient(app, base_url="http://localhost", headers=headers) as client:
        assert (add(client).status_code, add(client).status_code) == (201, 200)
    told = [(line.actor, line.action, line.subject) for line in stores.audit.entries()]
    assert told == [("kim", "add key", "key cycler-3"), ("cycler-3", "add", "cell A1")]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "upload-7"}], ids=str)
def test_of_the_same_requests_at_once_one_made_the_cell(keeper, stores, headers):
    body = {"cell": {**EXAMPLE_CELL, "cell_id": "A1"}}
    with ThreadPoolExecutor(8) as pool:
        sent = [
            pool.submit(keeper.post, "/v1/cells", json=body, headers=headers) for _ in range(16)
        ]
    assert sorted(each.result().status_code for each in sent) == [200] * 15 + [201]
    assert [line.action for line in stores.audit.entries()] == ["add"]


def test_what_the_kept_cell_tells_is_what_the_sent_cell_tells(keeper):
    """The way over the store adds and loses nothing, not a bit."""
    cell = simulate(founding_recipe("Cu3N+SBR"), seed=3, n_cycles=8).cell
    body = {
        **EXAMPLE_CELL,
        "cell_id": "A1",
        "area_cm2": cell.area_cm2,
        "cycling": {name: list(map(float, cell.cycling[name])) for name in cell.cycling.columns},
        "source": {"kind": "simulated"},
    }
    assert keeper.post("/v1/cells", json={"cell": body}).status_code == 201
    kept = keeper.get("/v1/cells/A1/descriptors", params={"n_cycles": 5}).json()
    sent = keeper.post("/v1/descriptors", json={"cells": [body], "n_cycles": 5}).json()
    assert kept == sent
    assert (
        keeper.get("/v1/cells/A1/predictions").json()
        == keeper.post("/v1/predictions", json={"cells": [body]}).json()
    )


def test_a_correction_is_a_new_version_and_the_old_one_stays(keeper):
    add(keeper)
    correction = {
        "cell": {**EXAMPLE_CELL, "cell_id": "A1", "area_cm2": 1.0},
        "reason": "measured the area again",
        "expected_version": 1,
    }
    assert keeper.put("/v1/cells/A1", json=correction).json()["version"] == 2
    assert keeper.get("/v1/cells/A1").json()["area_cm2"] == 1.0
    assert keeper.get("/v1/cells/A1", params={"version": 1}).json()["area_cm2"] == 0.5
    found = keeper.get("/v1/cells/A1/versions").json()["versions"]
    assert [version["reason"] for version in found] == [None, "measured the area again"]
    stale = {**correction, "cell": {**correction["cell"], "area_cm2": 2.0}}
    assert keeper.put("/v1/cells/A1", json=stale).status_code == 409


def test_a_correction_of_an_area_keeps_recording_files_and_outcome(keeper):
    """The data came in a file, so a client that corrects the facts does not have them."""
    content = (BDF + ROWS).encode()
    sent = parts({"outcome": OUTCOME}, ("run.csv", content))
    assert keeper.post("/v1/cells", files=sent).status_code == 201
    before = keeper.get("/v1/cells/A1/cycling").content
    for area_cm2, changes in ((0.51, {}), (0.52, {"cycling": None, "spectra": []})):
        made = correct(keeper, area_cm2=area_cm2, **changes).json()
        assert (made["area_cm2"], made["n_rows"]) == (area_cm2, 119)
        assert [file["name"] for file in made["files"]] == ["run.csv"]
        assert made["outcome"]["ce_fraction"] == OUTCOME["ce_fraction"]
    assert keeper.get("/v1/cells/A1/cycling").content == before
    assert keeper.get("/v1/cells/A1/files/run.csv").content == content


def test_a_new_file_or_new_cycling_replaces_the_recording(keeper):
    upload(keeper, ("run.csv", (BDF + ROWS).encode()))
    shorter = (BDF + "".join(ROWS.splitlines(keepends=True)[:100])).encode()
    sent = parts({"reason": "exported again"}, ("whole.csv", shorter))
    made = keeper.put("/v1/cells/A1", files=sent).json()
    assert (made["version"], made["n_rows"]) == (2, 100)
    assert [file["name"] for file in made["files"]] == ["whole.csv"]
    columns = pd.read_csv(io.BytesIO(shorter)).iloc[:90].to_dict("list")
    assert correct(keeper, cycling=columns).json()["n_rows"] == 90
    assert keeper.get("/v1/cells/A1", params={"version": 1}).json()["n_rows"] == 119


def test_a_wrong_recording_is_dropped_by_its_name_and_stays_in_the_version_before(keeper):
    content = (BDF + ROWS).encode()
    upload(keeper, ("run.csv", content))
    before = keeper.get("/v1/cells/A1/cycling").content
    for _ in range(2):  # a client that lost the reply sends it again
        made = correct(keeper, beside={"drop": ["cycling"]}).json()
        assert (made["version"], made["n_rows"], made["files"]) == (2, 0, [])
    assert keeper.get("/v1/cells/A1/cycling").status_code == 422
    first = {"version": 1}
    assert keeper.get("/v1/cells/A1/cycling", params=first).content == before
    assert keeper.get("/v1/cells/A1/files/run.csv", params=first).content == content
    assert keeper.get("/v1/cells/A1/files/run.csv").status_code == 404


@pytest.mark.parametrize("drop", ["cycling", ["outcome"], ["cycling"] * 3, None])
def test_what_cannot_be_dropped_is_refused_by_field(keeper, drop):
    upload(keeper, ("run.csv", (BDF + ROWS).encode()))
    refused = correct(keeper, beside={"drop": drop})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["where"].startswith("drop")
    assert keeper.get("/v1/cells/A1").json()["version"] == 1


def test_what_is_dropped_cannot_come_in_a_file(keeper):
    upload(keeper, ("run.csv", (BDF + ROWS).encode()))
    sent = parts({"reason": "which?", "drop": ["cycling"]}, ("new.csv", (BDF + ROWS).encode()))
    refused = keeper.put("/v1/cells/A1", files=sent)
    assert refused.status_code == 422
    assert "drops cycling and brings others" in refused.json()["detail"]
    assert keeper.get("/v1/cells/A1").json()["version"] == 1


def test_the_page_of_a_cell_from_a_file_corrects_it_and_keeps_its_data(keeper):
    upload(keeper, ("run.csv", (BDF + ROWS).encode()))
    before = keeper.get("/v1/cells/A1/cycling").content
    reply = keeper.post("/pages/cells/A1/correction", data={"area_cm2": "0.51"})
    assert reply.status_code == 200, reply.text
    after = keeper.get("/v1/cells/A1").json()
    assert (after["version"], after["area_cm2"], after["n_rows"]) == (2, 0.51, 119)
    assert [file["name"] for file in after["files"]] == ["run.csv"]
    assert keeper.get("/v1/cells/A1/cycling").content == before


def test_null_takes_a_control_or_an_outcome_away_and_silence_leaves_it(keeper):
    add_control(keeper)
    add(keeper, control_id="bare", outcome=OUTCOME)
    kept = correct(keeper, area_cm2=0.51).json()
    assert (kept["control_id"], kept["outcome"]["ce_fraction"]) == ("bare", 0.97)
    alone = correct(keeper, area_cm2=0.51, beside={"control_id": None}).json()
    assert (alone["control_id"], alone["outcome"]["ce_fraction"]) == (None, 0.97)
    assert correct(keeper, area_cm2=0.51, beside={"outcome": None}).json()["outcome"] is None


def test_a_correction_that_the_recording_contradicts_is_refused(keeper):
    """The cell could not be read again: its current would be impossible on such an area."""
    upload(keeper, ("run.csv", (BDF + ROWS).encode()))
    refused = correct(keeper, area_cm2=0.0001)
    assert refused.status_code == 422
    assert "is the area wrong" in refused.text
    assert keeper.get("/v1/cells/A1").json()["version"] == 1


def test_an_outcome_makes_a_label(keeper, stores):
    add(keeper)
    reply = keeper.put(
        "/v1/cells/A1/outcome",
        json={"outcome": {"cycle_life_cycles": 104, "is_censored": True}},
    )
    assert reply.json()["outcome"]["is_censored"] is True
    assert keeper.get("/v1/cells", params={"has_life": True}).json()["n_cells"] == 1
    impossible = {"outcome": {"cycle_life_cycles": 104}}
    refused = keeper.put("/v1/cells/A1/outcome", json=impossible)
    assert refused.status_code == 422
    assert "is_censored" in refused.text


def test_a_deleted_cell_is_gone_with_its_reason_and_its_id_stays_taken(keeper, stores):
    add(keeper)
    assert keeper.delete("/v1/cells/A1").status_code == 422
    assert keeper.delete("/v1/cells/A1", params={"reason": "leaked"}).status_code == 204
    gone = keeper.get("/v1/cells/A1")
    assert gone.status_code == 410
    assert "leaked" in gone.json()["detail"]
    assert add(keeper).status_code == 409
    assert [entry.action for entry in stores.audit.entries()] == ["add", "delete"]


@pytest.mark.parametrize(
    "path",
    ["", "/versions", "/descriptors", "/predictions", "/cycling", "/spectra", "/files/run.csv"],
)
def test_a_cell_nobody_kept_is_404_everywhere(keeper, path):
    assert keeper.get(f"/v1/cells/nobody{path}").status_code == 404


@pytest.mark.parametrize("cell_id", ["..", "a/b", "%2e%2e%2fetc", "a\x00b", "-rf", "a" * 300, "é"])
def test_ids_that_could_be_paths_or_options_are_refused(keeper, cell_id):
    assert 400 <= add(keeper, cell_id).status_code < 500
    assert keeper.get("/v1/cells").json()["n_cells"] == 0


def test_a_service_without_a_store_says_so(client):
    reply = client.get("/v1/cells")
    assert reply.status_code == 503
    assert reply.json()["type"] == "urn:seicast:no-store"


def test_cells_that_moved_away_from_what_a_model_learnt_raise_an_alarm(keeper, cell_maker):
    """The model learnt from currents of 0.25 to 1.35 mA/cm2."""
    assert "needs" in keeper.get("/v1/models/ce-bare/drift").json()["note"]
    for number in range(12):
        protocol = {"current_density_mA_cm2": 5.0 + number, "areal_capacity_mAh_cm2": 1.0}
        recipe = {"cell": {"type": "Li||Cu"}, "protocol": protocol}
        body = {"cell_id": f"A{number}", "recipe": recipe}
        assert keeper.post("/v1/cells", json={"cell": body}).status_code == 201
    report = keeper.get("/v1/models/ce-bare/drift").json()
    assert report["n_cells"] == 12
    assert report["is_alarm"]
    assert "log10_current_density_mA_cm2" in report["note"]
    assert report["descriptors"][0]["moved_fraction"] == 1.0
    assert 'seicast_drift{descriptor="log10_current_density_mA_cm2"' in keeper.get("/metrics").text
