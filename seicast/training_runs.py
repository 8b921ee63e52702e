"""Train run files with a progress bar, and record what came out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from seicast import places
from seicast.printing import console
from training.cohorts import load_cohort
from training.fit import Progress as Tell
from training.fit import Trained, train
from training.run_config import load_config
from training.tracking import Registered, TrackingStore, record


def train_and_record(run_file: Path) -> Registered:
    """Train what a run file says, log it to MLflow, publish it if it deserves to answer."""
    config = load_config(run_file)
    with _progress_bar(config.name) as tell:
        tell("loading cells", 0, 1)
        trained = train(config, load_cohort(config.cohort), tell)
        tell("recording in MLflow", 1, 1)
        registered = record(trained, TrackingStore.in_folder(places.home()), places.shelf())
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
            f"baseline {score['rmse_baseline']:.3g}); 90 % interval covers {score['coverage']:.0%}"
        )
