"""MLflow, and the only import of it: runs, artefacts, registered models, the champion alias."""

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

# A dead tracking server must not hold a run for minutes; set before mlflow reads them.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from models.shelf import Entry, publish
from training.card import model_card
from training.fit import Trained
from training.plots import parity_plot

# A new store says a line for each migration; nobody can act on them.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)

EXPERIMENT = "seicast"
#: Opens the pages for trained models rather than those for language models.
KIND = {"mlflow.experimentKind": "custom_model_development"}
CHAMPION = "champion"
#: Length MLflow allows for a parameter's value.
LONGEST_PARAMETER = 6000


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


@dataclass(frozen=True)
class Registered:
    """What became of a run.

    Attributes
    ----------
    entry : Entry
    is_champion : bool
    reason : str
        Why it is, or is not, the champion.
    """

    entry: Entry
    is_champion: bool
    reason: str


def record(trained: Trained, store: TrackingStore, shelf: Path) -> Registered:
    """Log a trained run, register its bundle, and publish it if it deserves to answer.

    The run is closed as FAILED if anything goes wrong on the way; the bundle is
    registered last, so a version never points at half a file.
    """
    client = store.client()
    experiment_id = _experiment_id(client, store.artifact_location)
    with _run(client, experiment_id, trained) as run_id, tempfile.TemporaryDirectory() as folder:
        artefacts = Path(folder)
        sha256 = trained.predictor.save(artefacts / "bundle")
        parity_plot(trained, artefacts / "parity.png")
        (artefacts / "model_card.md").write_text(model_card(trained))
        _log_numbers(client, run_id, trained, sha256)
        client.log_artifacts(run_id, str(artefacts))
        version = _register(client, run_id, trained, sha256)
        entry = Entry(trained.config.name, version, run_id, sha256)
        is_champion, reason = _deserves_to_answer(trained)
        if is_champion:
            # One at a time, or shelf and registry may end with different champions.
            with FileLock(store.lock):
                publish(shelf, entry, artefacts / "bundle")
                client.set_registered_model_alias(entry.name, CHAMPION, str(version))
        client.set_tag(run_id, "champion", reason)
    return Registered(entry, is_champion, reason)


def _experiment_id(client: MlflowClient, artifact_location: str) -> str:
    """Return the id of the experiment, which is made where the store is new."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    if experiment is None:
        return str(client.create_experiment(EXPERIMENT, artifact_location, tags=KIND))
    return str(experiment.experiment_id)


@contextmanager
def _run(client: MlflowClient, experiment_id: str, trained: Trained) -> Iterator[str]:
    """Open a run; close it FINISHED, or FAILED if the block raises."""
    run = client.create_run(experiment_id, run_name=trained.config.name)
    run_id: str = run.info.run_id
    try:
        yield run_id
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def _log_numbers(client: MlflowClient, run_id: str, trained: Trained, sha256: str) -> None:
    """Log parameters, metrics and tags in one batch."""
    now_ms = int(time.time() * 1000)
    metrics = [Metric(key, value, now_ms, 0) for key, value in _metrics(trained).items()]
    parameters = [
        Param(key, value[:LONGEST_PARAMETER]) for key, value in _parameters(trained).items()
    ]
    tags = [RunTag("bundle_sha256", sha256), RunTag("mlflow.note.content", model_card(trained))]
    client.log_batch(run_id, metrics=metrics, params=parameters, tags=tags)


def _metrics(trained: Trained) -> dict[str, float]:
    cross_validated = {f"cv_rmse_scale/{label}": rmse for label, rmse in trained.selection.items()}
    held_out = {
        f"{split.replace(' ', '_')}/{metric}": value
        for split, score in trained.scores.items()
        for metric, value in score.items()
    }
    return cross_validated | held_out


def _parameters(trained: Trained) -> dict[str, str]:
    learnt = trained.predictor.provenance
    config = {key: str(value) for key, value in trained.config.model_dump().items()}
    versions = ", ".join(
        f"{name} v{v}" for name, v in trained.predictor.descriptor_versions.items()
    )
    return config | {
        "champion": trained.champion.label,
        "descriptor_versions": versions,
        "data_sha256": learnt.data_sha256,
        "n_cells": str(learnt.n_cells),
        "n_groups": str(learnt.n_groups),
        "kinds": str(dict(learnt.kinds)),
    }


def _register(client: MlflowClient, run_id: str, trained: Trained, sha256: str) -> int:
    name = trained.config.name
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run_id).info.artifact_uri}/bundle"
    version = client.create_model_version(name, source, run_id, tags={"bundle_sha256": sha256})
    return int(version.version)


def _deserves_to_answer(trained: Trained) -> tuple[bool, str]:
    """Tell whether a run beats the dummy on every held-out split, and say by how much."""
    worst = max(
        score["rmse_scale"] / score["rmse_scale_dummy"] for score in trained.scores.values()
    )
    scale = trained.predictor.task.scale
    compared = f"on the {scale} scale the held-out error is {worst:.2f} of the dummy's"
    if worst < 1:
        return True, f"promoted: {compared}"
    return False, f"refused: {compared}; it must be below 1"
