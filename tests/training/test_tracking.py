import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest

import training.tracking
from features.errors import BrokenBundle, InvalidSetting, UnknownName
from models import shelf as shelves
from models.shelf import champion_entry, entries, history, load_champion, publish
from models.shelf import rollback as shelf_rollback
from training.registry import (
    Registered,
    Registry,
    follow_shelf,
    named,
    promote,
    record,
    roll_back,
)
from training.tracking import (
    CHAMPION,
    EXPERIMENT,
    PARENT,
    TrackingStore,
    champion_version,
    kept_bundle,
    kept_contender,
    kept_run,
)

NAME = "life-handmade"
N_PROCESSES = 4
#: What each of several processes does with one fresh store.
RECORD_ONCE = """
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import conftest
from training.registry import NoJournal, Registry, record
from training.tracking import TrackingStore

home = Path(sys.argv[2])
trained = conftest.make_trained(models=("ridge",), n_selection_folds=2, n_test_folds=2)
registry = Registry(TrackingStore.in_folder(home), home / "shelf", NoJournal(), "tests")
print(record(trained, registry).entry.version)
"""


class Lines(list):
    """A journal that can be read: a list whose lines are only appended."""


@dataclass(frozen=True)
class Place:
    """A store and a shelf that the tests of this module share."""

    registry: Registry
    first: Registered

    @property
    def store(self):
        return self.registry.tracking

    @property
    def shelf(self):
        return self.registry.shelf

    @property
    def client(self):
        return self.store.client()

    def runs(self):
        experiment = self.client.get_experiment_by_name(EXPERIMENT)
        return self.client.search_runs([experiment.experiment_id])

    def n_versions(self):
        return len(self.client.search_model_versions(f"name = '{NAME}'"))


@pytest.fixture(scope="module", autouse=True)
def _nowhere_else():
    """Keep the environment of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SEICAST_TRACKING_URI", raising=False)
        patch.delenv("SEICAST_ARTIFACTS", raising=False)
        yield


@pytest.fixture(scope="module")
def place(_nowhere_else, trained, tmp_path_factory):
    home = tmp_path_factory.mktemp("home of runs")
    registry = Registry(TrackingStore.in_folder(home), home / "shelf", Lines(), "a test")
    return Place(registry, record(trained, registry))


@pytest.fixture(scope="module")
def run(place):
    """Return the run that was recorded first."""
    return place.client.get_run(place.first.entry.run_id)


@pytest.fixture(scope="module")
def artefacts(place, run):
    """Return the paths of everything the run keeps."""
    found, folders = [], [""]
    while folders:
        for each in place.client.list_artifacts(run.info.run_id, folders.pop() or None):
            (folders if each.is_dir else found).append(each.path)
    return set(found)


def publish_kept(place, entry):
    """Move the shelf to a registered version, past MLflow."""
    with kept_bundle(place.store, entry) as bundle:
        publish(place.shelf, entry, bundle)


@pytest.fixture
def bad(trained):
    """Return a run whose answers are ten times too high, worse than any mean."""
    (held_out,) = trained.held_out
    return replace(trained, held_out=(replace(held_out, value=10 * held_out.value),))


def test_a_run_is_finished_and_named(run):
    assert run.info.status == "FINISHED"
    assert run.info.run_name == NAME


def test_a_run_keeps_all_that_is_needed_to_repeat_it(run, trained):
    """Run file, data and code of the descriptors, by value, hash and version."""
    parameters = run.data.params
    for key, value in trained.config.model_dump().items():
        assert parameters[key] == str(value)
    learnt = trained.predictor
    assert parameters["champion"] == trained.champion.label
    assert parameters["data_sha256"] == learnt.provenance.data_sha256
    for name, version in learnt.descriptor_versions.items():
        assert f"{name} v{version}" in parameters["descriptor_versions"]


def test_a_run_keeps_every_score_beside_its_baselines(run, trained):
    metrics = run.data.metrics
    for metric, value in trained.scores["recipes held out"].items():
        assert metrics[f"recipes_held_out/{metric}"] == pytest.approx(value)
    for label, rmse in trained.selection.items():
        assert metrics[f"cv_rmse_scale/{label}"] == pytest.approx(rmse)


def test_a_run_keeps_plots_card_answers_and_bundle(artefacts):
    assert {path for path in artefacts if not path.startswith("bundle/")} == {
        "parity.png",
        "residuals.png",
        "coverage.png",
        "learning_curve.png",
        "importance.png",
        "model_card.md",
        "held_out.json",
    }
    assert "bundle/manifest.json" in artefacts


def test_every_fold_and_candidate_is_a_run_below_the_run(place, run, trained):
    """What was tried and lost is part of how the champion was found."""
    children = [each for each in place.runs() if each.data.tags.get(PARENT) == run.info.run_id]
    names = {each.info.run_name for each in children}
    assert {f"candidate {label}" for label in trained.selection} < names
    folds = [each for each in children if "fold" in each.info.run_name]
    assert len(folds) == trained.config.n_test_folds
    for each in folds:
        assert each.data.metrics["rmse_scale_dummy"] > 0
        assert each.data.params["champion"] in trained.selection
    assert {each.info.status for each in children} == {"FINISHED"}


def test_the_held_out_answers_are_kept_to_the_last_bit(place, trained):
    """Later models are compared with them, cell by cell."""
    kept = kept_contender(place.store, place.first.entry.run_id)
    (part,), (true_part,) = kept.held_out, trained.held_out
    assert part.cell_ids == true_part.cell_ids
    assert (part.value == true_part.value).all()
    assert (part.baselines["dummy"] == true_part.baselines["dummy"]).all()
    assert kept.model == trained.champion.model


def test_a_run_is_found_by_id_name_and_version(place, run):
    for asked in (run.info.run_id, f"{NAME}@1"):
        assert kept_run(place.store, asked).run_id == run.info.run_id
    for asked in ("nobody", f"{NAME}@99", f"{NAME}@first"):
        with pytest.raises(UnknownName):
            kept_run(place.store, asked)


def test_artefacts_lie_in_the_home_whatever_the_working_folder(place, run):
    """MLflow would otherwise put them into a folder below the caller's."""
    assert run.info.artifact_uri.startswith((place.shelf.parent / "artifacts").as_uri())


def test_the_version_is_registered_with_the_alias_and_the_hash(place, run):
    version = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(version.version) == place.first.entry.version == 1
    assert version.run_id == run.info.run_id
    assert version.tags["bundle_sha256"] == place.first.entry.bundle_sha256
    assert version.source == f"{run.info.artifact_uri}/bundle"


def test_what_answers_is_what_was_registered(place, trained, cohort):
    champion = load_champion(place.shelf, NAME)
    assert champion.entry == place.first.entry
    cells = cohort.cells[:3]
    assert champion.predictor.predict(cells) == trained.predictor.predict(cells)


def test_a_promotion_says_by_how_much(place, run):
    assert place.first.is_champion
    assert run.data.tags["champion"] == place.first.reason
    assert place.first.reason.startswith("promoted: on the log10 scale the held-out error is 0.")


def test_a_model_worse_than_the_dummy_is_kept_but_does_not_answer(place, bad):
    """The mean is an honest answer; a model below it is none. The old champion stays."""
    refused = record(bad, place.registry)
    assert not refused.is_champion
    assert "must be below 1" in refused.reason
    assert refused.entry.version > place.first.entry.version
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == place.first.entry.version
    assert load_champion(place.shelf, NAME).entry == place.first.entry
    assert place.client.get_run(refused.entry.run_id).info.status == "FINISHED"


@pytest.mark.parametrize("step", ["write_artefacts", "model_card", "_log_children", "_register"])
def test_a_run_that_fails_is_closed_as_failed_and_nothing_is_registered(
    place, trained, monkeypatch, step
):
    """A run left open looks as if it were still at work; a version must point at a whole file."""
    before = place.n_versions()

    def broken(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(training.tracking, step, broken)
    with pytest.raises(RuntimeError, match="disk is full"):
        record(trained, place.registry)
    own = [each for each in place.runs() if PARENT not in each.data.tags]
    latest = max(own, key=lambda each: each.info.start_time)
    assert latest.info.status == "FAILED"
    assert place.n_versions() == before
    assert load_champion(place.shelf, NAME).entry == place.first.entry


def test_a_ctrl_c_closes_the_run_too(place, trained, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.tracking, "write_artefacts", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record(trained, place.registry)
    assert not [each for each in place.runs() if each.info.status == "RUNNING"]


def test_a_shelf_that_refuses_leaves_the_alias_where_it_was(place, trained, monkeypatch):
    """Registry and service must not name two different champions."""

    def broken(*_, **__):
        raise BrokenBundle("changed on the way")

    monkeypatch.setattr(shelves, "store", broken)
    entry = named(place.registry, NAME)
    with pytest.raises(BrokenBundle):
        promote(place.registry, entry, force_reason="to see")
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == load_champion(place.shelf, NAME).entry.version


def test_the_same_run_again_is_no_better_and_not_simpler(place, trained):
    """It is kept, and says why it does not answer; the champion stays."""
    again = record(trained, place.registry)
    assert not again.is_champion
    assert "equal within error, and not simpler" in again.reason
    tags = place.client.get_run(again.entry.run_id).data.tags
    assert tags["champion"] == again.reason
    assert load_champion(place.shelf, NAME).entry == place.first.entry


def test_a_champion_asked_to_be_promoted_again_stays_one(place):
    """A job that broke off after its promotion is done again, and ends as it ended."""
    again = promote(place.registry, place.first.entry)
    assert again.is_champion
    assert load_champion(place.shelf, NAME).entry == place.first.entry


@pytest.mark.parametrize("reason", ["", "  "])
def test_force_and_the_way_back_need_a_reason(place, reason):
    with pytest.raises(InvalidSetting, match="needs a reason"):
        promote(place.registry, place.first.entry, force_reason=reason)
    with pytest.raises(InvalidSetting, match="needs a reason"):
        roll_back(place.registry, NAME, reason)


def test_force_moves_the_champion_and_rollback_moves_it_back(place, trained):
    """Shelf, alias and journal tell the same story."""
    second = record(trained, place.registry).entry
    forced = promote(place.registry, second, force_reason="the old one is odd for ethers")
    assert forced.is_champion
    assert not forced.verdict.is_promoted
    assert load_champion(place.shelf, NAME).entry == second
    back = roll_back(place.registry, NAME, "it was not")
    assert back == place.first.entry == load_champion(place.shelf, NAME).entry
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == back.version
    lines = [(event.action, event.reason) for event in place.registry.journal[-2:]]
    assert [action for action, _ in lines] == ["force", "rollback"]
    assert "ethers" in lines[0][1]
    assert lines[1][1].endswith("it was not")


def test_a_shelf_of_elsewhere_is_rolled_back_without_an_alias(place, tmp_path):
    """A copied shelf, or a new home: the move is made, written down, and no error follows."""
    elsewhere = replace(place.registry, shelf=tmp_path / "shelf")
    with kept_bundle(place.store, place.first.entry) as bundle:
        versions = [replace(place.first.entry, name="copied", version=each) for each in (1, 2)]
        for entry in versions:
            publish(elsewhere.shelf, entry, bundle)
    assert roll_back(elsewhere, "copied", "try again") == versions[0]
    assert load_champion(elsewhere.shelf, "copied").entry == versions[0]
    assert elsewhere.journal[-1].action == "rollback"


def test_the_alias_follows_a_move_that_was_made_on_the_shelf_alone(place, trained):
    """So moves the service, which never loads MLflow; a second look finds nothing to do."""
    second = record(trained, place.registry).entry
    publish_kept(place, second)
    assert follow_shelf(place.registry) == [second]
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == second.version
    assert follow_shelf(place.registry) == []
    shelf_rollback(place.shelf, NAME)
    assert follow_shelf(place.registry) == [place.first.entry]


def test_a_bundle_of_elsewhere_moves_no_alias(place, tmp_path):
    """Its name or its version may be of another registry by chance."""
    elsewhere = replace(place.registry, shelf=tmp_path / "shelf")
    for change in ({"name": "unheard-of"}, {"version": 99}, {"bundle_sha256": "0" * 64}):
        entry = replace(place.first.entry, **change)
        champion = elsewhere.shelf / entry.name / "champion.json"
        champion.parent.mkdir(parents=True, exist_ok=True)
        champion.write_text(json.dumps(asdict(entry)))
        assert follow_shelf(elsewhere) == []


@pytest.fixture
def two_on_the_shelf(place, trained, tmp_path):
    """Return a registry with a shelf of its own, on which the second version answers."""
    second = record(trained, place.registry).entry
    elsewhere = replace(place.registry, shelf=tmp_path / "shelf", journal=Lines())
    for entry in (place.first.entry, second):
        publish_kept(Place(elsewhere, place.first), entry)
    return elsewhere


MOVES = {
    "promote": lambda registry: promote(registry, champion_entry(registry.shelf, NAME)),
    "force": lambda registry: promote(registry, named(registry, NAME, 1), force_reason="odd"),
    "rollback": lambda registry: roll_back(registry, NAME, "odd"),
}


class FullDisk:
    def append(self, event):
        raise OSError("the disk is full")


@pytest.mark.parametrize("action", MOVES)
def test_what_cannot_be_written_down_does_not_move(two_on_the_shelf, action):
    """As over HTTP: no champion is ever without its line, whoever moves it."""
    registry = replace(two_on_the_shelf, journal=FullDisk())
    before, alias = history(registry.shelf, NAME), champion_version(registry.tracking, NAME)
    with pytest.raises(OSError, match="disk is full"):
        MOVES[action](registry)
    assert champion_entry(registry.shelf, NAME) == before[-1]
    assert history(registry.shelf, NAME) == before
    assert champion_version(registry.tracking, NAME) == alias


@pytest.mark.parametrize("action", MOVES)
def test_a_move_that_breaks_off_after_its_line_gets_another_that_says_so(
    two_on_the_shelf, monkeypatch, action
):
    before = champion_entry(two_on_the_shelf.shelf, NAME)
    alias = champion_version(two_on_the_shelf.tracking, NAME)

    def fails(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(shelves, "_move", fails)
    with pytest.raises(OSError, match="disk is full"):
        MOVES[action](two_on_the_shelf)
    asked, broken_off = two_on_the_shelf.journal
    assert (asked.action, broken_off.action) == (action, f"{action} failed")
    assert "the champion of before goes on" in broken_off.reason
    assert champion_entry(two_on_the_shelf.shelf, NAME) == before
    assert champion_version(two_on_the_shelf.tracking, NAME) == alias


def test_every_move_and_every_refusal_is_written_down(place):
    first = place.registry.journal[0]
    assert (first.actor, first.action) == ("a test", "promote")
    assert first.subject == f"model {NAME} v1"
    assert first.details["bundle_sha256"] == place.first.entry.bundle_sha256
    assert "refuse" in {event.action for event in place.registry.journal}


def test_a_champion_that_cannot_be_loaded_is_no_rival(place, trained, tmp_path):
    """Else nothing could follow it."""
    shelf = tmp_path / "shelf"
    elsewhere = replace(place.registry, shelf=shelf)
    record(trained, elsewhere)
    for path in shelf.rglob("manifest.json"):
        path.write_text("{}")
    assert record(trained, elsewhere).is_champion


def test_the_environment_may_move_the_store(monkeypatch, tmp_path):
    monkeypatch.setenv("SEICAST_TRACKING_URI", "http://mlflow.lab:5000")
    monkeypatch.setenv("SEICAST_ARTIFACTS", "s3://lab/artefacts")
    store = TrackingStore.in_folder(tmp_path)
    assert store.tracking_uri == "http://mlflow.lab:5000"
    assert store.artifact_location == "s3://lab/artefacts"
    assert store.lock.parent == tmp_path


def test_opening_a_store_twice_makes_one_experiment(place):
    ids = {place.store.client().get_experiment_by_name(EXPERIMENT).experiment_id for _ in "ab"}
    assert len(ids) == 1


@pytest.mark.slow
def test_several_processes_may_record_into_a_fresh_store_at_once(tmp_path):
    """Two trainings in two terminals on the first day: each gets its run and its version."""
    command = [sys.executable, "-c", RECORD_ONCE, str(Path(__file__).parent), str(tmp_path)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(N_PROCESSES)
    ]
    replies = [process.communicate(timeout=600) for process in processes]
    assert [process.returncode for process in processes] == [0] * N_PROCESSES, replies
    versions = sorted(int(output.split()[-1]) for output, _ in replies)
    assert versions == list(range(1, N_PROCESSES + 1))
    client = TrackingStore.in_folder(tmp_path).client()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id])
    own = [run.info.status for run in runs if PARENT not in run.data.tags]
    assert own == ["FINISHED"] * N_PROCESSES
    (entry,) = entries(tmp_path / "shelf")
    assert load_champion(tmp_path / "shelf", NAME).entry == entry
    alias = client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == entry.version
