"""Each page, walked as a person would: typed into, clicked, looked at, on a phone, in the dark."""

import json
from dataclasses import replace

import pytest

from store.outcome import Outcome
from training.virtual_lab import founding_recipe, simulate

pytestmark = pytest.mark.slow

MOST_BYTES = 300_000
REQUEST = {"target": "cycle_life", "tier": "recipe", "cells": {"lab": "ours"}}
RIVALS = [
    {"name": "dummy", "is_beaten": True, "why": "on the log10 scale 0.62 of the dummy's error",
     "compared": {"n_cells": 40, "n_groups": 12, "rmse": 0.21, "rmse_other": 0.34,
                  "probability_better": 0.998}},
    {"name": "cycle_life v1", "is_beaten": False,
     "why": "0.210 against the champion's 0.190 on 40 cells: the champion is better",
     "compared": {"n_cells": 40, "n_groups": 12, "rmse": 0.21, "rmse_other": 0.19,
                  "probability_better": 0.04}},
]  # fmt: skip


@pytest.fixture(scope="module")
def lab():
    """Return two uncoated and two coated cells, simulated with their spectra."""
    return {
        f"{kind.replace('+', '-')}-{seed}": simulate(
            founding_recipe(kind), seed=seed, n_cycles=30, spectrum_cycles=(0, 10, 30)
        )
        for kind in ("bare", "Cu3N+SBR")
        for seed in (0, 1)
    }


@pytest.fixture
def filled(serve, lab):
    """Return a service that keeps these cells, each coated one with its control."""
    served = serve(roles=("admin",))
    for cell_id, made in lab.items():
        served.stores.cells.add(
            replace(made.cell, cell_id=cell_id),
            control_id=f"bare-{cell_id[-1]}" if cell_id.startswith("Cu") else None,
            outcome=Outcome(
                cycle_life_cycles=float(made.true_cycle_life_cycles),
                is_censored=bool(made.is_censored),
                ce_fraction=made.true_ce_fraction,
            ),
        )
    return served


def test_predict(serve, walk):
    served = serve(roles=("predict",))
    person = walk(served, "401", "Response Status Error")
    page = person.page
    person.open("/")
    page.get_by_text("A key is needed").wait_for()
    assert page.evaluate("document.activeElement.id") == "key"
    person.use_key(served.named["predict"])
    headline = page.locator("#answer .headline").first
    headline.wait_for()
    assert "%" in headline.inner_text()
    assert page.locator("#answer svg.chart").count() >= 2
    assert page.evaluate("document.cookie") == ""

    page.get_by_role("button", name="Predict").click()
    person.settle()
    page.locator("#answer .headline").first.wait_for()
    page.get_by_text("What moved it").first.click()
    page.get_by_role("button", name="Draw the curve").click()
    page.locator("#curves .band").first.wait_for()
    assert page.locator("#curves .band").count() == 2
    person.picture("predict")


def test_where_nothing_can_be_said_a_curve_is_faint(serve, walk, monkeypatch):
    """A band that could be anything must not look like knowledge."""
    monkeypatch.setattr("serving.vagueness.MOST_LIVES_RATIO", 1.0)
    person = walk(serve())
    person.open("/")
    person.page.locator("#sweep [name=swept]").select_option("current_density_mA_cm2")
    person.page.get_by_role("button", name="Draw the curve").click()
    person.page.locator("#curves").get_by_text("Cannot say").wait_for()
    assert person.page.locator("#curves .curve.vague").count()
    person.page.locator("#curves").scroll_into_view_if_needed()
    person.picture("sweep-cannot-say")


def test_the_form_of_a_recipe_knows_the_field(serve, walk):
    """Fractions must sum up, molecules are known by their names, rows come and go."""
    person = walk(serve(), "422", "Response Status Error")
    page = person.page
    person.open("/")
    page.get_by_label("fraction by weight").first.fill("0.5")
    assert "must be 1" in page.locator("[data-sum]").inner_text()
    page.get_by_role("button", name="Predict").click()
    page.get_by_text("weight fractions add up to 0.600").wait_for()
    page.get_by_label("fraction by weight").first.fill("0.9")

    page.get_by_role("button", name="Add a phase").click()
    assert page.evaluate("document.activeElement.name") == "phase_name"
    page.get_by_role("button", name="Remove this phase").last.click()
    page.locator("[name=solvent_name]").first.fill("moonshine")
    assert page.get_by_label("its formula").nth(1).is_visible()
    page.locator("[name=solvent_name]").first.fill("ethylene carbonate")
    assert not page.get_by_label("its formula").nth(1).is_visible()


def test_predict_by_keyboard_alone(serve, walk):
    """Whoever has no mouse reaches every field and gets an answer."""
    person = walk(serve())
    page = person.page
    person.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    names = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        names.add(page.evaluate("document.activeElement.name || document.activeElement.type"))
    wanted = {"phase_name", "thickness_nm", "solvent_name", "cell_type", "current_density_mA_cm2"}
    assert wanted <= names
    page.get_by_label("thickness nm").focus()
    page.keyboard.press("End")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    page.locator("#answer .headline").first.wait_for()


def test_every_field_and_picture_has_a_name(filled, walk):
    """What has no name, a screen reader cannot tell."""
    person = walk(filled, "401", "Response Status Error")
    person.open("/")
    person.use_key(filled.named["admin"])
    for path in (
        "/",
        "/cells",
        "/cells/Cu3N-SBR-0",
        "/compare?cell=Cu3N-SBR-0",
        "/models",
        "/jobs",
    ):
        person.open(path)
        nameless = person.page.evaluate(
            """[...document.querySelectorAll("input, select, [role=img], button, progress")]
            .filter((each) => each.type !== "hidden" && !each.closest("template"))
            .filter((each) => !(each.labels?.length || each.getAttribute("aria-label")
                                || each.textContent.trim()))
            .map((each) => each.outerHTML.slice(0, 120))"""
        )
        assert nameless == []
        assert person.page.locator("main").count() == 1
        assert person.page.locator("h1").count() == 1


def test_cell(filled, walk, tmp_path):
    person = walk(filled, "401", "Response Status Error")
    page = person.page
    person.open("/cells")
    person.use_key(filled.named["admin"])
    sizes = []
    page.on("response", lambda reply: sizes.append(len(reply.body())))
    page.get_by_role("link", name="Cu3N-SBR-0").click()
    page.locator(".uplot").nth(2).wait_for()
    page.get_by_text("arcs told apart").first.wait_for()
    page.get_by_text("descriptors are measured").wait_for()
    person.settle()
    page.wait_for_load_state("networkidle")
    assert sum(sizes) < MOST_BYTES
    assert page.get_by_label("R_SEI").count() or page.get_by_label("against cycle").count()
    page.get_by_label("hide blanks").check()
    assert (
        page.locator("tr.blank:visible").count()
        <= page.locator("#answers-title ~ div tr.blank").count()
    )
    page.get_by_label("hide blanks").uncheck()
    with page.expect_download() as loaded:
        page.locator("a[data-download$='_sheet.json']").click()
    rows = json.loads(loaded.value.path().read_text())
    assert {"name", "value", "unit", "reason"} <= set(rows[0])
    page.get_by_text("Say what became of it").click()
    page.locator("[name=cycle_life_cycles]").fill("250")
    page.locator("[name=is_censored]").select_option("true")
    page.locator("[name=ce_fraction]").fill("0.975")
    page.get_by_role("button", name="Enter the outcome").click()
    page.get_by_text("≥ 250 cycles").wait_for()
    person.picture("cell")


def test_compare(filled, walk):
    person = walk(filled, "401", "Response Status Error")
    person.open("/compare")
    person.use_key(filled.named["admin"])
    person.page.get_by_role("link", name="Cu3N").first.click()
    person.page.get_by_text("By the medians").first.wait_for()
    assert "better in 4 of 4 pairs" in person.page.inner_text("main")
    person.picture("compare")


def test_models_move_by_hand_with_a_reason(serve, walk):
    served = serve(roles=("promote", "predict"))
    person = walk(served, "401", "403", "Response Status Error")
    page = person.page
    person.open("/models")
    person.use_key(served.named["predict"])
    page.locator("details.model > summary").first.click()
    form = page.locator("form[data-send$='/promote']").first
    form.get_by_label("reason").fill("the walk of a test")
    form.get_by_role("button", name="Promote").click()
    page.get_by_text("needs the role 'promote'").wait_for()
    page.get_by_role("button", name="Look for drift of the kept cells").first.click()
    page.get_by_text("0 kept cells are of the types learnt").wait_for()

    person.use_key(served.named["promote"])
    page.locator("details.model > summary").first.click()
    form = page.locator("form[data-send$='/promote']").first
    form.get_by_label("version").select_option("3")
    form.get_by_label("reason").fill("the walk of a test")
    person.picture("models")
    form.get_by_role("button", name="Promote").click()
    page.get_by_text("ce v3 is tried").wait_for()
    page.locator("summary", has_text="ce v3").wait_for()
    person.settle()
    page.locator("details.model > summary").first.click()
    back = page.locator("form[data-send$='/rollback']").first
    back.get_by_label("reason").fill("and back again")
    back.get_by_role("button", name="Roll back").click()
    page.locator("summary", has_text="ce v2").wait_for()
    assert [line.action for line in served.stores.audit.entries()][-2:] == ["force", "rollback"]


def test_a_job_is_asked_for_followed_live_refused_and_another_cancelled(serve, walk):
    served = serve(roles=("retrain",))
    person = walk(served, "401", "Response Status Error")
    page, queue = person.page, served.stores.jobs
    person.open("/jobs")
    person.use_key(served.named["retrain"])
    page.get_by_text("Ask for a model to be trained anew").click()
    page.get_by_label("what is to be predicted").select_option("cycle_life")
    page.get_by_label("from what").select_option("recipe")
    page.get_by_label("cells of lab").fill("ours")
    page.get_by_role("button", name="Train").click()
    page.get_by_text("waiting for a worker").first.wait_for()
    job = queue.take("w")
    assert dict(job.request) == REQUEST
    queue.tell(job.job_id, "w", "fold 3 of 5", state="running", progress_fraction=0.5)
    page.get_by_text("fold 3 of 5").wait_for()
    assert page.locator("article progress").first.evaluate("bar => bar.value") == 0.5
    result = {"model": "cycle_life", "version": 2, "run_id": "run-9", "rivals": RIVALS}
    queue.end(job.job_id, "w", "refused: the champion is better", state="refused", result=result)
    page.get_by_role("region", name="The gate").wait_for()
    assert "0.998" in page.inner_text("main")

    failed = queue.submit(REQUEST, actor="ann")
    queue.take("w")
    queue.end(
        failed.job_id, "w", "the finished cells are of 2 recipes; 5 are needed", state="failed"
    )
    queue.submit(REQUEST, actor="ann")
    page.get_by_role("button", name="Look again").click()
    page.get_by_text("Read the reason above").wait_for()
    page.get_by_label("reason to cancel").fill("the wrong cells")
    person.picture("jobs")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("before it began").wait_for()


def test_a_cell_without_an_area_is_kept_doubted_and_corrected(serve, walk):
    served = serve(roles=("admin",))
    person = walk(served, "401", "Response Status Error")
    page = person.page
    person.open("/cells")
    person.use_key(served.named["admin"])
    page.get_by_text("Add a cell with its files", exact=True).click()
    page.get_by_text("No area is given").wait_for()
    page.locator("#upload [name=area_cm2]").fill("1")
    page.get_by_text("No area is given").wait_for(state="hidden")
    page.locator("#upload [name=area_cm2]").fill("")
    page.locator("#upload [name=cell_id]").fill("bare-1")
    page.get_by_role("button", name="Keep the cell").click()
    page.locator("#upload-said").get_by_text("area is not stated").wait_for()
    page.get_by_role("link", name="Correct it").click()
    page.get_by_role("button", name="Correct it").wait_for()
    page.locator("#correct [name=area_cm2]").fill("0.5")
    page.get_by_role("button", name="Correct it").click()
    page.get_by_text("this is version 2").wait_for()
    page.locator("#facts").get_by_text("0.5 cm²").wait_for()
    person.picture("corrected")


def test_a_recording_of_another_cell_is_dropped(filled, walk):
    """What is gone is offered no more, and the earlier version keeps it."""
    person = walk(filled, "401", "Response Status Error")
    page, cells = person.page, filled.stores.cells
    person.open("/cells/Cu3N-SBR-0")
    person.use_key(filled.named["admin"])
    page.get_by_text("Drop a recording", exact=True).click()
    form = page.locator("#drop-recording")
    form.get_by_label("cycling").check()
    form.get_by_label("reason").fill("the channel of another cell")
    person.picture("drop")
    form.get_by_role("button", name="Drop it").click()
    page.get_by_text("this is version 2").wait_for()
    page.get_by_text("Not drawn").first.wait_for()
    form.get_by_label("cycling").wait_for(state="detached")
    assert form.get_by_label("impedance, 3 spectra").is_visible()
    person.picture("dropped")
    after, before = cells.entry("Cu3N-SBR-0"), cells.entry("Cu3N-SBR-0", 1)
    assert (after.n_rows, after.n_spectra) == (0, before.n_spectra)
    assert after.reason == "the channel of another cell"
    assert before.n_rows


def test_tiers_are_read_without_scrolling(filled, walk):
    person = walk(filled, "401", "Response Status Error")
    person.open("/cells/Cu3N-SBR-0")
    person.use_key(filled.named["admin"])
    person.page.get_by_text("learnt from", exact=True).first.wait_for()
    tables = person.page.locator("#answers-title ~ div .scroll")
    tables.first.wait_for()
    hidden = "each => each.map((one) => one.scrollWidth - one.clientWidth)"
    assert max(tables.evaluate_all(hidden)) <= 0
    person.picture("tiers")
