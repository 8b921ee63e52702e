"""The verbs of the command line; each wires rooms together and prints."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InvalidSetting, UnreadableFile
from features.recipe import checked_cell_type
from seicast import places, printing
from seicast.cell_files import CellFile, Cycling, Spectra, cells_from, only
from seicast.cell_verbs import cells_app
from seicast.cell_views import views_app
from seicast.correct_verb import correct_app
from seicast.describe_verb import describe_app
from seicast.fit_verb import fit_app
from seicast.job_verbs import jobs_app
from seicast.json_output import AsJson, print_json
from seicast.key_verbs import keys_app
from seicast.training_verbs import training_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="How efficient will this coating be, how long will the cell live, and how sure are we?",
)
#: Of an interval, as the service takes them.
LEVELS = (0.5, 0.99)
data_app = typer.Typer(no_args_is_help=True, help="Public data sets on this machine.")
cells_app.add_typer(views_app)
cells_app.add_typer(correct_app)
app.add_typer(cells_app, name="cells")
app.add_typer(data_app, name="data")
app.add_typer(jobs_app, name="jobs")
app.add_typer(keys_app, name="keys")
app.add_typer(describe_app)
app.add_typer(fit_app)
app.add_typer(training_app)


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
    level: Annotated[
        float | None,
        typer.Option(help="Of the interval. Unless stated 0.9, or what the model carries."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Ask this model.")] = None,
    sweep: Annotated[
        str | None, typer.Option(help="Vary one quantity, such as thickness_nm=50:10000.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict Coulombic efficiency and cycle life of a cell; with --sweep, along a curve.

    Example: seicast predict docs/examples/cu3n_sbr.json
    """
    from serving.answers import predictions_of  # noqa: PLC0415  loads scikit-learn
    from serving.champions import champions_on  # noqa: PLC0415

    if level is not None and not LEVELS[0] <= level <= LEVELS[1]:
        raise InvalidSetting(
            f"--level is {level:g}; the level of an interval lies between 0 and 1, here from "
            f"{LEVELS[0]:g} to {LEVELS[1]:g}."
        )
    cells = cells_from(cell, cycling, spectrum or [])
    champions = champions_on(places.shelf())
    for name, why in champions.broken.items() if champions.ready else ():
        print(f"Not asked: {name}, which cannot answer: {why}", file=sys.stderr)
    if sweep is not None:
        from seicast.sweeps import show_sweep, swept  # noqa: PLC0415

        found = swept(only(cells), sweep, champions, level=level, model=model)
        print_json(found) if as_json else show_sweep(found)
        return
    reply = predictions_of(cells, champions, level=level, model=model)
    if as_json:
        print(reply.model_dump_json(indent=2))
    else:
        printing.show_predictions(reply.cells, champions)


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

    if file.is_dir():
        raise UnreadableFile(
            f"'{file}' is a folder; inspect looks at one file, seicast describe at a folder."
        )
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
    from serving.champions import WAY_OUT, champions_on  # noqa: PLC0415
    from serving.model_answers import models as models_reply  # noqa: PLC0415  loads scikit-learn

    reply = models_reply(champions_on(places.shelf()))
    if as_json:
        print(reply.model_dump_json(indent=2))
        return
    if reply.models:
        printing.show_models(reply.models)
    else:
        print(f"No model answers yet. {WAY_OUT}", file=sys.stderr)
    for broken in reply.broken:
        printing.console.print(f"cannot answer: {broken.name}: {broken.error}")


@app.command()
def drift(
    name: Annotated[str, typer.Argument(help="Of the model, as models prints it.")],
    n_cells: Annotated[int, typer.Option(min=5, max=1000, help="Latest kept cells.")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """Show how far the latest kept cells have moved from those that a model learnt from.

    Example: seicast drift coulombic_efficiency-virtual-recipe
    """
    from seicast.cell_verbs import open_store  # noqa: PLC0415
    from serving.champions import champions_on  # noqa: PLC0415  loads scikit-learn
    from serving.drift_routes import drift_of  # noqa: PLC0415

    found = drift_of(champions_on(places.shelf()).named(name), open_store(), n_cells)
    if as_json:
        print(found.model_dump_json(indent=2))
    else:
        printing.show_drift(found)


@data_app.command("list")
def list_data(*, as_json: AsJson = False) -> None:
    """Show which public data sets are here.

    Example: seicast data list
    """
    from training.data_folders import DATA_SETS, data_folder, has_data  # noqa: PLC0415

    places_of = {name: data_folder(name) if has_data(name) else None for name in DATA_SETS}
    if as_json:
        facts = {name: (each.citation, each.licence) for name, each in DATA_SETS.items()}
        keys = ("name", "folder", "citation", "licence")
        print_json([dict(zip(keys, (n, places_of[n], *facts[n]), strict=True)) for n in DATA_SETS])
        return
    for name, data_set in DATA_SETS.items():
        print(f"{name}: {places_of[name] or 'not here'}")
        print(f"    {data_set.citation} ({data_set.licence})")


@data_app.command("fetch")
def fetch_data(
    name: Annotated[str, typer.Argument(help="Name of the data set.")],
    source: Annotated[Path, typer.Option("--from", help="Folder that holds the data set.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Copy a data set into the cache folder, after checking its checksums.

    Example: seicast data fetch kim2023_ce --from ~/downloads/data
    """
    from training.data_folders import fetch  # noqa: PLC0415

    folder = fetch(name, source)
    if as_json:
        print_json({"name": name, "folder": folder})
    else:
        print(f"{name} is in {folder}")
