"""Train run files with a progress bar, record what came out, and move what answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from seicast import places
from seicast.printing import console
from store import CellStore
from store.audit import AuditLog
from store.migrations import open_database
from training.cohort import Cohort
from training.cohorts import load_cohort
from training.cohorts.store import cohort_of
from training.fit import Progress as Tell
from training.fit import Trained, train
from training.promotion import table
from training.registry import Registered, Registry, record
from training.run_config import RunConfig, load_configs
from training.tracking import TrackingStore


def train_and_record(run_file: Path, executor: str = "local:1") -> list[Registered]:
    """Train every tier of a run file, log it, and publish what passes the gate."""
    configs = load_configs(run_file)
    cohorts: dict[str, Cohort] = {}
    found = []
    for config in configs:
        if config.cohort not in cohorts:
            cohorts[config.cohort] = cohort_named(config.cohort)
        found.append(_train_one(config, cohorts[config.cohort], executor))
    return found


def cohort_named(name: str) -> Cohort:
    """Return a cohort; that of the lab's own cells from this machine's store."""
    if name != "store":
        return load_cohort(name)
    return cohort_of(store_here())


def store_here() -> CellStore:
    """Return the cells kept on this machine."""
    return CellStore.open(places.database_url(), places.cells_root())


def registry_here(actor: str | None = None) -> Registry:
    """Return the registry of this machine, moved by somebody, else by whoever is logged in."""
    return Registry(
        tracking=TrackingStore.in_folder(places.home()),
        shelf=places.shelf(),
        journal=AuditLog(open_database(places.database_url())),
        actor=actor or places.user(),
    )


def _train_one(config: RunConfig, cohort: Cohort, executor: str) -> Registered:
    with _progress_bar(config.name) as tell:
        trained = train(config, cohort, tell, executor)
        tell("recording in MLflow", 1, 1)
        registered = record(trained, registry_here())
    _report(trained, registered)
    return registered


@contextmanager
def _progress_bar(name: str) -> Iterator[Tell]:
    """Yield a function that moves a bar: what is done, how many steps, of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(name)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{name}: {what}", completed=done, total=total)

        yield tell


def _report(trained: Trained, registered: Registered) -> None:
    entry = registered.entry
    unit = trained.predictor.unit
    console.print(f"{entry.name} v{entry.version}: {trained.champion.label}; {registered.reason}")
    for split, score in trained.scores.items():
        console.print(
            f"  {split}: RMSE {score['rmse']:.3g} {unit} (dummy {score['rmse_dummy']:.3g}, "
            f"baseline {score['rmse_baseline']:.3g}); {score['level']:.0%} interval covers "
            f"{score['coverage']:.0%}"
        )
    if not registered.is_champion:
        console.print(table(registered.verdict), markup=False)
