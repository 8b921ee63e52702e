import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import training.tracking
from features.errors import BrokenBundle
from models.shelf import entries, load_champion
from training.tracking import CHAMPION, EXPERIMENT, Registered, TrackingStore, record

NAME = "life-handmade"
N_PROCESSES = 4
#: What each of several processes does with one fresh store.
RECORD_ONCE = """
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import conftest
from training.tracking import TrackingStore, record

home = Path(sys.argv[2])
trained = conftest.make_trained(models=("ridge",), n_selection_folds=2, n_test_folds=2)
registered = record(trained, TrackingStore.in_folder(home), home / "shelf")
print(registered.entry.version)
"""


@dataclass(frozen=True)
class Place:
    """A store and a shelf that the tests of this module share."""

    store: TrackingStore
    shelf: Path
    first: Registered

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
    store = TrackingStore.in_folder(home)
    return Place(store, home / "shelf", record(trained, store, home / "shelf"))


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


def test_a_run_keeps_plot_card_and_bundle(artefacts):
    assert artefacts == {
        "parity.png",
        "model_card.md",
        "bundle/manifest.json",
        "bundle/pipelines.skops",
        "bundle/interval.json",
    }


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
    refused = record(bad, place.store, place.shelf)
    assert not refused.is_champion
    assert "must be below 1" in refused.reason
    assert refused.entry.version > place.first.entry.version
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == place.first.entry.version
    assert load_champion(place.shelf, NAME).entry == place.first.entry
    assert place.client.get_run(refused.entry.run_id).info.status == "FINISHED"


def test_a_model_equal_to_the_dummy_does_not_answer_either(trained):
    (held_out,) = trained.held_out
    equal = replace(held_out, value=held_out.baselines["dummy"])
    deserves, reason = training.tracking._deserves_to_answer(replace(trained, held_out=(equal,)))
    assert not deserves
    assert "1.00 of the dummy" in reason


def test_one_bad_split_is_enough_for_a_refusal(trained, bad):
    """A mean over splits would hide the one where the model fails."""
    (good,), (poor,) = trained.held_out, bad.held_out
    both = replace(trained, held_out=(good, replace(poor, split="elsewhere")))
    assert not training.tracking._deserves_to_answer(both)[0]


@pytest.mark.parametrize("step", ["parity_plot", "model_card", "_log_numbers", "_register"])
def test_a_run_that_fails_is_closed_as_failed_and_nothing_is_registered(
    place, trained, monkeypatch, step
):
    """A run left open looks as if it were still at work; a version must point at a whole file."""
    before = place.n_versions()

    def broken(*_, **__):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(training.tracking, step, broken)
    with pytest.raises(RuntimeError, match="disk is full"):
        record(trained, place.store, place.shelf)
    latest = max(place.runs(), key=lambda each: each.info.start_time)
    assert latest.info.status == "FAILED"
    assert place.n_versions() == before
    assert load_champion(place.shelf, NAME).entry == place.first.entry


def test_a_ctrl_c_closes_the_run_too(place, trained, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.tracking, "parity_plot", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record(trained, place.store, place.shelf)
    assert not [each for each in place.runs() if each.info.status == "RUNNING"]


def test_a_shelf_that_refuses_leaves_the_alias_where_it_was(place, trained, monkeypatch):
    """Registry and service must not name two different champions."""

    def broken(*_, **__):
        raise BrokenBundle("changed on the way")

    monkeypatch.setattr(training.tracking, "publish", broken)
    with pytest.raises(BrokenBundle):
        record(trained, place.store, place.shelf)
    alias = place.client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == load_champion(place.shelf, NAME).entry.version


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
    replies = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * N_PROCESSES, replies
    versions = sorted(int(output.split()[-1]) for output, _ in replies)
    assert versions == list(range(1, N_PROCESSES + 1))
    client = TrackingStore.in_folder(tmp_path).client()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED"] * N_PROCESSES
    (entry,) = entries(tmp_path / "shelf")
    assert load_champion(tmp_path / "shelf", NAME).entry == entry
    alias = client.get_model_version_by_alias(NAME, CHAMPION)
    assert int(alias.version) == entry.version
