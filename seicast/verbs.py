"""The verbs of the command line; each wires rooms together and prints."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from features.recipe import checked_cell_type
from features.records import Cell
from features.registry import catalogue
from seicast import places, printing
from seicast.cell_files import cells_from
from seicast.cell_verbs import cells_app
from seicast.fit_verb import fit_app
from seicast.job_verbs import jobs_app
from seicast.key_verbs import keys_app
from seicast.training_verbs import training_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="How efficient will this coating be, how long will the cell live, and how sure are we?",
)
data_app = typer.Typer(no_args_is_help=True, help="Public data sets on this machine.")
app.add_typer(cells_app, name="cells")
app.add_typer(data_app, name="data")
app.add_typer(jobs_app, name="jobs")
app.add_typer(keys_app, name="keys")
app.add_typer(fit_app)
app.add_typer(training_app)

CellFile = Annotated[Path, typer.Argument(help="JSON of one cell, or a request body.")]
Cycling = Annotated[Path | None, typer.Option(help="Raw cycling: a file that inspect reads.")]
Spectra = Annotated[list[Path] | None, typer.Option("--spectrum", help="Impedance spectrum.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="Do not stay up.")] = False,
    port: Annotated[int, typer.Option(help="Of the service; a free one if taken.")] = 8000,
    mlflow_port: Annotated[int, typer.Option(help="Of the MLflow UI.")] = 5000,
) -> None:
    """Train the default predictors, open service and MLflow UI, predict once.

    Example: seicast demo --check
    """
    from seicast.demo import run_demo  # noqa: PLC0415  loads servers

    raise typer.Exit(run_demo(stay=not check, port=port, mlflow_port=mlflow_port))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    *,
    has_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Do retraining jobs on this machine.")
    ] = True,
) -> None:
    """Open the prediction service, and a worker for its retraining jobs.

    Example: seicast serve --port 8000
    """
    from seicast import service  # noqa: PLC0415  loads the service

    service.serve(host, port, has_worker=has_worker)


@app.command()
def predict(
    cell: CellFile,
    cycling: Cycling = None,
    spectrum: Spectra = None,
    *,
    level: Annotated[float, typer.Option(help="Of the interval.")] = 0.9,
    model: Annotated[str | None, typer.Option(help="Ask this model.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict Coulombic efficiency and cycle life of a cell.

    Example: seicast predict docs/examples/cu3n_sbr.json
    """
    from serving.answers import predictions_of  # noqa: PLC0415  loads scikit-learn
    from serving.champions import champions_on  # noqa: PLC0415

    cells = cells_from(cell, cycling, spectrum or [])
    champions = champions_on(places.shelf())
    for name, why in champions.broken.items():
        print(f"Not asked: {name}, which cannot answer: {why}", file=sys.stderr)
    reply = predictions_of(cells, champions, level=level, model=model)
    if as_json:
        print(reply.model_dump_json(indent=2))
    else:
        printing.show_predictions(reply.cells)


@app.command()
def describe(
    cell: Annotated[
        Path | None, typer.Argument(help="JSON of one cell, a request body, or a folder.")
    ] = None,
    cycling: Cycling = None,
    spectrum: Spectra = None,
    *,
    n_cycles: Annotated[int | None, typer.Option(min=0, help="Look at the first so many.")] = None,
    out: Annotated[Path | None, typer.Option(help="Parquet file for a folder.")] = None,
    executor: Annotated[
        str, typer.Option(help="local, local:N or tcp://host:8786 (Dask).")
    ] = "local",
    as_json: AsJson = False,
) -> None:
    """Print the descriptor sheet of a cell or a folder; without either, the catalogue.

    Example: seicast describe docs/examples/cu3n_sbr.json
    """
    if cell is None:
        printing.show_catalogue(list(catalogue().values()))
    elif cell.is_dir():
        _describe_folder(cell, out or Path("descriptors.parquet"), n_cycles, executor)
    else:
        _describe_cell(cells_from(cell, cycling, spectrum or []), n_cycles, as_json=as_json)


def _describe_cell(cells: list[Cell], n_cycles: int | None, *, as_json: bool) -> None:
    from serving.answers import descriptors_of  # noqa: PLC0415  loads scikit-learn

    reply = descriptors_of(cells, n_cycles=n_cycles)
    if as_json:
        print(reply.model_dump_json(indent=2))
    else:
        printing.show_descriptors(reply.cells)


def _describe_folder(folder: Path, out: Path, n_cycles: int | None, executor: str) -> None:
    from seicast.folders import describe_folder  # noqa: PLC0415

    with printing.counting_bar(f"describing {folder}") as tell:
        summary = describe_folder(
            folder,
            out,
            n_cycles=n_cycles,
            executor=executor,
            cache=places.sheet_cache_root(),
            tell=tell,
        )
    print(f"{summary.n_described} files described in {out} (SHA-256 {summary.sha256[:16]})")
    if summary.n_failed:
        print(f"{summary.n_failed} files failed; why: {out.with_suffix('.failures.csv')}")


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A cycler's or potentiostat's file.")],
    cell_type: Annotated[
        str | None, typer.Option("--type", help="Such as 'Li||Cu'; names the half-cycles.")
    ] = None,
    area_cm2: Annotated[float | None, typer.Option(help="Of the electrode.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what was understood of a file: format, columns, units, signs, cycles, doubts.

    Example: seicast inspect docs/examples/simulated_cycling.csv --type 'Li||Cu' --area-cm2 0.5
    """
    from features.inspection import inspect_file  # noqa: PLC0415

    found = inspect_file(file, checked_cell_type(cell_type), area_cm2)
    if as_json:
        printing.print_inspection_json(found)
    else:
        printing.show_inspection(file.name, found)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models that answer, with their scores beside the dummy's.

    Example: seicast models --json
    """
    from serving.answers import models as models_reply  # noqa: PLC0415  loads scikit-learn
    from serving.champions import champions_on  # noqa: PLC0415

    reply = models_reply(champions_on(places.shelf()))
    if as_json:
        print(reply.model_dump_json(indent=2))
        return
    printing.show_models(reply.models)
    for broken in reply.broken:
        printing.console.print(f"cannot answer: {broken.name}: {broken.error}")


@data_app.command("list")
def list_data() -> None:
    """Show which public data sets are here.

    Example: seicast data list
    """
    from training.data_folders import DATA_SETS, data_folder, has_data  # noqa: PLC0415

    for name, data_set in DATA_SETS.items():
        place = data_folder(name) if has_data(name) else "not here"
        print(f"{name}: {place}\n    {data_set.citation} ({data_set.licence})")


@data_app.command("fetch")
def fetch_data(
    name: Annotated[str, typer.Argument(help="Name of the data set.")],
    source: Annotated[Path, typer.Option("--from", help="Folder that holds the data set.")],
) -> None:
    """Copy a data set into the cache folder, after checking its checksums.

    Example: seicast data fetch kim2023_ce --from ~/downloads/data
    """
    from training.data_folders import fetch  # noqa: PLC0415

    print(f"{name} is in {fetch(name, source)}")
