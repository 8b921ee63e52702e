"""The verb that describes: a cell, a folder of files, or what can be described at all."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.records import Cell
from features.registry import catalogue
from seicast import places, printing
from seicast.cell_files import Cycling, Spectra, cells_from, only
from seicast.json_output import AsJson, print_json

if TYPE_CHECKING:
    from seicast.folders import FolderSummary

describe_app = typer.Typer()


@describe_app.command()
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
    plot: Annotated[
        Path | None, typer.Option(help="PNG of voltage profiles, efficiency, hysteresis.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the descriptor sheet of a cell or a folder; without either, the catalogue.

    Example: seicast describe docs/examples/cu3n_sbr.json
    """
    if cell is None:
        _show_catalogue(as_json=as_json)
    elif cell.is_dir():
        summary = _describe_folder(cell, out or Path("descriptors.parquet"), n_cycles, executor)
        if as_json:
            print_json(summary)
        raise typer.Exit(0 if summary.n_described else 1)
    else:
        cells = cells_from(cell, cycling, spectrum or [])
        _describe_cell(cells, n_cycles, as_json=as_json)
        if plot is not None:
            _draw(only(cells), plot)


def _show_catalogue(*, as_json: bool) -> None:
    found = list(catalogue().values())
    if not as_json:
        printing.show_catalogue(found)
        return
    names = ("name", "unit", "version", "summary", "source")
    print_json([{name: getattr(each, name) for name in names} for each in found])


def _draw(cell: Cell, plot: Path) -> None:
    from seicast.cycling_plot import cycling_plot  # noqa: PLC0415  loads matplotlib

    cycling_plot(cell, plot)
    print(f"drawn in {plot}", file=sys.stderr)


def _describe_cell(cells: list[Cell], n_cycles: int | None, *, as_json: bool) -> None:
    from serving.descriptor_answers import descriptors_of  # noqa: PLC0415  loads scikit-learn

    reply = descriptors_of(cells, n_cycles=n_cycles)
    if as_json:
        print(reply.model_dump_json(indent=2))
    else:
        printing.show_descriptors(reply.cells)


def _describe_folder(
    folder: Path, out: Path, n_cycles: int | None, executor: str
) -> "FolderSummary":
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
    told = f"{summary.n_described} files described in {out} (SHA-256 {summary.sha256[:16]})"
    print(told, file=sys.stderr)
    if summary.n_failed:
        why = out.with_suffix(".failures.csv")
        print(f"{summary.n_failed} files failed; why: {why}", file=sys.stderr)
    return summary
