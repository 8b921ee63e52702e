"""MLflow, and the only import of it: runs, artefacts, registered models, the champion alias."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

# A dead tracking server must not hold a run for minutes; set before mlflow reads them.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
# Nobody but the lab learns that it trains; and what is printed is this program's own.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# Bars of downloads from a folder beside this one tell nobody anything.
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from features.errors import UnknownName, UnreadableFile
from models.shelf import Entry
from training.artefacts import BUNDLE, write_artefacts
from training.card import model_card
from training.fit import Trained
from training.held_out_file import FILE, Contender, read_contender
from training.run_numbers import children_of, metrics_of, parameters_of

# A new store says a line for each migration; nobody can act on them.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)

EXPERIMENT = "seicast"
#: Opens the pages for trained models rather than those for language models.
KIND = {"mlflow.experimentKind": "custom_model_development"}
PARENT = "mlflow.parentRunId"
#: Tag of the retraining job that a run belongs to, so that one left open can be found.
JOB = "seicast.job"
CHAMPION = "champion"
#: Length MLflow allows for a parameter's value.
LONGEST_PARAMETER = 6000
#: A run and one of its children at most are open at a time, for each attempt.
MOST_OPEN_RUNS = 1000


@dataclass(frozen=True)
class TrackingStore:
    """Where runs and artefacts are kept.

    Attributes
    ----------
    tracking_uri : str
        SQLAlchemy address, or that of a tracking server.
    artifact_location : str
        Folder or object store; given explicitly, for MLflow would use the working folder.
    lock : Path
        Held while the store is made: two processes making it at once would break it.
    """

    tracking_uri: str
    artifact_location: str
    lock: Path

    @classmethod
    def in_folder(cls, home: Path) -> "TrackingStore":
        """Return the embedded SQLite store of a folder; the environment may point elsewhere."""
        home = home.resolve()
        uri = os.environ.get("SEICAST_TRACKING_URI", f"sqlite:///{home / 'mlflow.db'}")
        artifacts = os.environ.get("SEICAST_ARTIFACTS", (home / "artifacts").as_uri())
        return cls(uri, artifacts, home / "mlflow.lock")

    def client(self) -> MlflowClient:
        """Return a client of the store, which is initialised first where it is new."""
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.lock):
            client = MlflowClient(self.tracking_uri)
            _experiment_id(client, self.artifact_location)
        return client


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A run as it was logged.

    Attributes
    ----------
    name : str
        Of its model, with the version where it has one.
    run_id : str
    parameters : mapping of str to str
    metrics : mapping of str to float
    """

    name: str
    run_id: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]


def log_run(trained: Trained, store: TrackingStore, job_id: str | None = None) -> Entry:
    """Log a trained run with its folds and candidates, and register its bundle.

    The run is closed as FAILED if anything goes wrong on the way; the bundle is
    registered last, so a version never points at half a file.
    """
    client = store.client()
    experiment_id = _experiment_id(client, store.artifact_location)
    name = trained.config.name
    job = {} if job_id is None else {JOB: job_id}
    with _run(client, experiment_id, name, job) as run_id, tempfile.TemporaryDirectory() as folder:
        sha256 = write_artefacts(trained, Path(folder))
        _log_numbers(client, run_id, trained, sha256)
        client.log_artifacts(run_id, folder)
        _log_children(client, experiment_id, run_id, trained, job)
        version = _register(client, run_id, trained, sha256)
    return Entry(name, version, run_id, sha256)


def mark_champion(store: TrackingStore, entry: Entry, reason: str) -> None:
    """Let the champion alias name a version, and write the reason to its run."""
    client = store.client()
    client.set_registered_model_alias(entry.name, CHAMPION, str(entry.version))
    client.set_tag(entry.run_id, CHAMPION, reason)


def champion_version(store: TrackingStore, name: str) -> int | None:
    """Return the version of a registered model that the champion alias names, or None."""
    version = store.client().get_registered_model(name).aliases.get(CHAMPION)
    return None if version is None else int(version)


def note_verdict(store: TrackingStore, entry: Entry, reason: str) -> None:
    """Write to a run why it does not answer."""
    store.client().set_tag(entry.run_id, CHAMPION, reason)


def registered(store: TrackingStore, name: str, version: int | None = None) -> Entry:
    """Return a registered version, the latest if none is named.

    Raises
    ------
    UnknownName
        If nothing of this name, or no such version, is registered.
    """
    found = store.client().search_model_versions(f"name = '{name}'")
    by_version = {int(each.version): each for each in found}
    if not by_version:
        raise UnknownName(f"No model is registered as '{name}'; train it first.")
    wanted = max(by_version) if version is None else version
    if wanted not in by_version:
        known = ", ".join(map(str, sorted(by_version)))
        raise UnknownName(f"'{name}' has no version {wanted}; there are {known}.")
    kept = by_version[wanted]
    return Entry(name, wanted, str(kept.run_id), kept.tags["bundle_sha256"])


def registered_as(store: TrackingStore, name: str, bundle_sha256: str) -> Entry | None:
    """Return the version that holds a bundle already, or None."""
    for each in store.client().search_model_versions(f"name = '{name}'"):
        if each.tags.get("bundle_sha256") == bundle_sha256:
            return Entry(name, int(each.version), str(each.run_id), bundle_sha256)
    return None


def close_runs_of(store: TrackingStore, job_id: str) -> int:
    """Close the runs that a job's broken-off attempt left open; return how many."""
    client = store.client()
    experiment_id = _experiment_id(client, store.artifact_location)
    asked = f"tags.`{JOB}` = '{job_id}' and attributes.status = 'RUNNING'"
    left_open = client.search_runs([experiment_id], asked, max_results=MOST_OPEN_RUNS)
    for run in left_open:
        client.set_tag(run.info.run_id, "seicast.closed", "its attempt broke off")
        client.set_terminated(run.info.run_id, "KILLED")
    return len(left_open)


def kept_run(store: TrackingStore, asked: str) -> KeptRun:
    """Return a run by its id, or by ``NAME`` or ``NAME@3`` of a registered model."""
    client = store.client()
    name, run_id = asked, asked
    try:
        run = client.get_run(run_id)
        name = str(run.info.run_name)
    except MlflowException:
        model, _, version = asked.partition("@")
        if version and not version.isdigit():
            raise UnknownName(f"'{asked}' is no run; write NAME, NAME@3, or a run's id.") from None
        entry = registered(store, model, int(version) if version else None)
        name, run_id = f"{entry.name} v{entry.version}", entry.run_id
        run = client.get_run(run_id)
    return KeptRun(name, run_id, dict(run.data.params), dict(run.data.metrics))


def kept_contender(store: TrackingStore, run_id: str) -> Contender | None:
    """Return the held-out answers of a run, None where this store does not hold them."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            return read_contender(Path(_download(store, run_id, FILE, folder)))
        except (MlflowException, UnreadableFile, OSError):
            return None


@contextmanager
def kept_bundle(store: TrackingStore, entry: Entry) -> Iterator[Path]:
    """Yield a local copy of a registered version's bundle."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(_download(store, entry.run_id, BUNDLE, folder))


def _download(store: TrackingStore, run_id: str, path: str, folder: str) -> str:
    return str(
        download_artifacts(
            run_id=run_id, artifact_path=path, dst_path=folder, tracking_uri=store.tracking_uri
        )
    )


def _experiment_id(client: MlflowClient, artifact_location: str) -> str:
    """Return the id of the experiment, which is made where the store is new."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return str(client.create_experiment(EXPERIMENT, artifact_location, tags=KIND))
    return str(experiment.experiment_id)


@contextmanager
def _run(
    client: MlflowClient, experiment_id: str, name: str, tags: Mapping[str, str]
) -> Iterator[str]:
    """Open a run; close it FINISHED, or FAILED if the block raises."""
    run = client.create_run(experiment_id, run_name=name, tags=dict(tags))
    run_id: str = run.info.run_id
    try:
        yield run_id
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def _log_numbers(client: MlflowClient, run_id: str, trained: Trained, sha256: str) -> None:
    """Log parameters, metrics and tags in one batch."""
    tags = [RunTag("bundle_sha256", sha256), RunTag("mlflow.note.content", model_card(trained))]
    _log(client, run_id, metrics_of(trained), parameters_of(trained), tags)


def _log_children(
    client: MlflowClient, experiment_id: str, run_id: str, trained: Trained, job: Mapping[str, str]
) -> None:
    """Log every candidate and every outer fold as a run below the run."""
    for child in children_of(trained):
        with _run(client, experiment_id, child.name, {**job, PARENT: run_id}) as child_id:
            _log(client, child_id, child.metrics, child.parameters)


def _log(
    client: MlflowClient,
    run_id: str,
    metrics: Mapping[str, float],
    parameters: Mapping[str, str],
    tags: Sequence[RunTag] = (),
) -> None:
    now_ms = int(time.time() * 1000)
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, now_ms, 0) for key, value in metrics.items()],
        params=[Param(key, value[:LONGEST_PARAMETER]) for key, value in parameters.items()],
        tags=list(tags),
    )


def _register(client: MlflowClient, run_id: str, trained: Trained, sha256: str) -> int:
    name = trained.config.name
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run_id).info.artifact_uri}/{BUNDLE}"
    version = client.create_model_version(name, source, run_id, tags={"bundle_sha256": sha256})
    return int(version.version)
