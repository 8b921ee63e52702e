"""A retraining job's work: from kept cells to a model that answers, or to the reason why not.

Done twice it ends where it ended once: the same cells give the same bundle, a bundle that is
registered already is not registered again, and the gate gives the same verdict.
"""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from features.errors import UnknownName
from models.shelf import Entry
from store import CellFilter, CellStore
from training.cohorts.store import cohort_of
from training.fit import Trained, train
from training.registry import Registered, Registry, promote
from training.run_config import RunConfig, load_configs
from training.tracking import close_runs_of, log_run, registered_as

#: Told the state of the job, what is being done, and how much of the whole is done.
Tell = Callable[[str, str, float], None]
#: Shares of the whole: training ends, and recording, where these say.
TRAINED, RECORDED = 0.9, 0.97


def retrain(
    request: Mapping[str, Any], job_id: str, store: CellStore, registry: Registry, tell: Tell
) -> Registered:
    """Train what a request asks for on the kept cells, and let it answer if it deserves to.

    Parameters
    ----------
    request : mapping
        ``target``, ``tier``, and ``cells``: fields of ``store.CellFilter``.
    job_id : str
        Its runs carry it; those that an earlier attempt left open are closed.
    store : CellStore
    registry : Registry
    tell : callable

    Raises
    ------
    UnknownName
        If nothing is trained for this target and tier.
    MissingData, InvalidRecord
        If the cells are none, or too few.
    """
    config = config_for(str(request["target"]), str(request.get("tier", "recipe")))
    tell("running", "reading the kept cells", 0.0)
    cohort = cohort_of(store, CellFilter(**request.get("cells", {})))

    def progress(what: str, done: int, total: int) -> None:
        tell("running", what, TRAINED * done / max(1, total))

    trained = train(config, cohort, progress)
    tell("evaluating", "recording in MLflow", TRAINED)
    entry = _registered_once(trained, job_id, registry)
    tell("registered", f"{entry.name} v{entry.version} stands before the gate", RECORDED)
    return promote(registry, entry)


def config_for(target: str, tier: str) -> RunConfig:
    """Return the run that trains a target of a tier on the kept cells."""
    configs = load_configs(f"{target}-store")
    for config in configs:
        if config.tier == tier:
            return config
    raise UnknownName(
        f"Nothing is trained for '{target}' with the evidence '{tier}'; there are "
        f"{', '.join(config.tier for config in configs)}."
    )


def result_of(registered: Registered) -> dict[str, Any]:
    """Return what came of a job, for its row: JSON without NaN."""
    return {
        "model": registered.entry.name,
        "version": registered.entry.version,
        "run_id": registered.entry.run_id,
        "bundle_sha256": registered.entry.bundle_sha256,
        "is_champion": registered.is_champion,
        "reason": registered.reason,
        "rivals": [
            {
                "name": rival.name,
                "is_beaten": rival.is_beaten,
                "why": rival.why,
                "compared": None if rival.compared is None else _finite(asdict(rival.compared)),
            }
            for rival in registered.verdict.rivals
        ],
    }


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if value != value else value for key, value in values.items()}  # noqa: PLR0124


def _registered_once(trained: Trained, job_id: str, registry: Registry) -> Entry:
    """Register a run, unless an earlier attempt has registered the very same bundle."""
    with tempfile.TemporaryDirectory() as folder:
        sha256 = trained.predictor.save(Path(folder) / "bundle")
    close_runs_of(registry.tracking, job_id)
    found = registered_as(registry.tracking, trained.config.name, sha256)
    return found or log_run(trained, registry.tracking, job_id=job_id)
